// What the audit log of the whole run says: the rules of deploy/ were enough and none too many, and every write was its writer's right.
import { describe, expect, it } from 'vitest';
import { manifests } from '../../support/app-on-cluster.ts';
import { type Rule, ruleOf, textOf, triples } from '../../support/rbac-rules.ts';
import { unsafeWrites } from './safe-writes.ts';
import type { RealStage } from './stage.ts';

export function ruleTests(stage: () => RealStage): void {
  describe('over the whole run', () => {
    it('nothing was refused, and each rule of deploy/base/rbac.yaml was used', () => {
      const requests = stage().requests();
      const { outages } = stage();
      const isInOutage = (atMs: number) => outages.some(({ fromMs, toMs }) => atMs >= fromMs && atMs <= toMs);
      const refused = requests.filter(({ code, atMs }) => (code === 401 || code === 403) && !isInOutage(atMs));
      expect(refused.map((one) => `${new Date(one.atMs).toISOString()} ${one.code} ${textOf(one)}`)).toEqual([]);
      const used = new Set(requests.map(ruleOf));
      const granted = manifests('deploy/base/rbac.yaml').flatMap((role) => triples((role['rules'] ?? []) as Rule[]));
      expect(granted.length).toBeGreaterThan(25);
      expect(granted.filter((one) => !used.has(one))).toEqual([]);
    });

    it('every write was made by the one who held the Lease', () => {
      const requests = stage().requests();
      const writers = new Set(requests.filter(({ verb }) => verb === 'update').map(({ credential }) => credential));
      expect(writers.size).toBe(2);
      expect(unsafeWrites(requests)).toEqual([]);
    });
  });
}
