// Who is asked about again and when: what is kept of viewers, and of tokens that are nobody's. Over real HTTP it is tested in
// test/integration/page/access.test.ts.
import { beforeEach, describe, expect, it } from 'vitest';
import { type Identity, KubernetesAccess, type Reviews } from '../../../src/server/access.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** Users by token, with the namespaces they may list; `*` for all. Counts how often it is asked. */
class Users implements Reviews {
  readonly tokens = new Map<string, Identity>();
  readonly rights = new Map<string, readonly string[]>();
  asked = 0;

  add(username: string, ...namespaces: string[]): string {
    this.tokens.set(`token-of-${username}`, { username, uid: '', groups: [], extra: {} });
    this.rights.set(username, namespaces);
    return `Bearer token-of-${username}`;
  }

  authenticate(token: string): Promise<Identity | undefined> {
    this.asked += 1;
    return Promise.resolve(this.tokens.get(token));
  }

  mayList({ username }: Identity, namespace = '*'): Promise<boolean> {
    return Promise.resolve(this.rights.get(username)?.includes(namespace) === true);
  }
}

describe('what is kept of reviews', () => {
  let clock: FakeClock;
  let users: Users;
  let access: KubernetesAccess;
  const present = () => ['all', 'bank', 'shop'];
  const statusFor = async (authorization: string) => {
    const entered = await access.enter(authorization, present);
    return 'status' in entered ? entered.status : 200;
  };

  beforeEach(() => {
    clock = new FakeClock();
    users = new Users();
    access = new KubernetesAccess(users, clock);
  });

  it('a viewer for a minute, a token that is nobody’s for five seconds', async () => {
    const anna = users.add('anna', 'shop');
    expect([await statusFor(anna), await statusFor(anna), users.asked]).toEqual([200, 200, 1]);
    expect([await statusFor('Bearer x'), await statusFor('Bearer x'), users.asked]).toEqual([401, 401, 2]);
    await clock.advance(5_000);
    expect([await statusFor(anna), await statusFor('Bearer x'), users.asked]).toEqual([200, 401, 3]);
    await clock.advance(55_000);
    expect([await statusFor(anna), users.asked]).toEqual([200, 4]);
  });

  it('made-up tokens, however many, push no viewer out', async () => {
    const anna = users.add('anna', 'shop');
    await statusFor(anna);
    for (let count = 0; count < 1500; count++) expect(await statusFor(`Bearer made-up-${count}`)).toBe(401);
    const { asked } = users;
    expect([await statusFor(anna), users.asked]).toEqual([200, asked]);
  });

  it('a token that becomes valid is found out', async () => {
    expect(await statusFor('Bearer token-of-anna')).toBe(401);
    users.add('anna', 'shop');
    await clock.advance(5_000);
    expect(await statusFor('Bearer token-of-anna')).toBe(200);
  });

  it('who sees the same has one id, who sees something else another', async () => {
    const idFor = async (authorization: string) => {
      const entered = await access.enter(authorization, present);
      return 'status' in entered ? undefined : entered.id;
    };
    const [everywhere, all, anna, bert] = [
      await idFor(users.add('olga', '*')),
      await idFor(users.add('alf', 'all')),
      await idFor(users.add('anna', 'shop', 'bank')),
      await idFor(users.add('bert', 'bank', 'shop')),
    ];
    expect(anna).toBe(bert);
    expect(new Set([everywhere, all, anna]).size).toBe(3);
  });
});
