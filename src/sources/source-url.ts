// Which URLs may name a metric source, and which addresses its host may resolve to. Only administrators write such URLs: there is
// none in the API. Link-local addresses (cloud metadata services) are refused even so, by name, by literal and at dial time.
import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

const MAX_LENGTH = 2048;
const ALLOWED = 'give an http:// or https:// URL';

const linkLocal = new BlockList();
linkLocal.addSubnet('169.254.0.0', 16, 'ipv4');
linkLocal.addSubnet('fe80::', 10, 'ipv6');
// The metadata service of a large cloud, on a unique-local address.
linkLocal.addAddress('fd00:ec2::254', 'ipv6');

/**
 * What is wrong with the URL of a source and what to give instead, as the rest of a sentence that begins with its field; undefined
 * when it may be used. Never repeats the URL, which may hold a password.
 */
export function sourceUrlFault(text: string): string | undefined {
  if (text.length > MAX_LENGTH) return `is ${text.length} characters long: ${ALLOWED} of at most ${MAX_LENGTH}`;
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return `is not a URL: ${ALLOWED}`;
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return `has the scheme ${url.protocol.slice(0, 20)} which cannot be used: ${ALLOWED}`;
  if (url.username !== '' || url.password !== '') {
    return 'holds credentials: give them as bearerTokenFile or basicAuth in the sources file';
  }
  if (url.search !== '' || url.hash !== '' || text.includes('?') || text.includes('#')) {
    return 'has a query or a fragment: give scheme, host, port and path only';
  }
  if (isForbiddenAddress(url.hostname)) return 'is a link-local address: give the address of a metrics server';
  return undefined;
}

/** Whether a host, as a WHATWG URL or a resolver gives it, is a link-local address. Names are never forbidden here. */
export function isForbiddenAddress(host: string): boolean {
  const address = host.startsWith('[') ? host.slice(1, -1) : host;
  const family = isIP(address);
  return family !== 0 && linkLocal.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/**
 * A resolver for sockets which fails when any address of the name is forbidden, so that a name cannot lead where its literal
 * may not. The address checked is the address dialled.
 */
export function guardedLookup(resolve: typeof systemLookup = systemLookup): LookupFunction {
  return (hostname, options: LookupOptions, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      const addresses: LookupAddress[] = error ? [] : found;
      if (!error && addresses.some(({ address }) => isForbiddenAddress(address))) {
        const refusal: NodeJS.ErrnoException = new Error('the host resolves to a link-local address');
        refusal.code = 'EFORBIDDENADDRESS';
        callback(refusal, options.all ? [] : '', 0);
        return;
      }
      const first = addresses[0];
      if (options.all) callback(error, addresses);
      else callback(error, first?.address ?? '', first?.family ?? 0);
    });
  };
}
