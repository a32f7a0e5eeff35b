// Order of resourceVersions. They are whole numbers in practice and, since Kubernetes 1.35, by promise; anything else is
// taken as neither older nor newer.

/** Whether `version` is older than `than`. */
export function isOlder(version: string, than: string): boolean {
  if (!isNumber(version) || !isNumber(than)) return false;
  return version.length === than.length ? version < than : version.length < than.length;
}

export function newest(a: string, b: string): string {
  return isOlder(a, b) ? b : a;
}

function isNumber(version: string): boolean {
  return /^[1-9][0-9]{0,29}$/.test(version);
}
