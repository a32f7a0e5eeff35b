// What the scenarios scale is what an API server takes: each manifest applied to a local cluster with the CRD.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FOLDER, scenarioNames } from '../../scripts/scenarios/files.ts';
import { type AppOnCluster, appOnCluster, manifests } from '../support/app-on-cluster.ts';

const RESOURCES: Readonly<Record<string, string>> = {
  Deployment: 'deployments.apps',
  ScaledTarget: 'scaledtargets.setpoint.dev',
};

let stage: AppOnCluster;
beforeAll(async () => {
  stage = await appOnCluster();
});
afterAll(() => stage.close());

describe('the manifests of the scenarios', () => {
  it.each(scenarioNames())('%s', (name) => {
    const objects = manifests(`${FOLDER}/${name}/scaledtarget.yaml`);
    expect(objects.map(({ kind }) => kind)).toEqual(['Deployment', 'ScaledTarget']);
    for (const object of objects) {
      const resource = RESOURCES[object.kind] ?? '';
      // Several scenarios scale a workload of the same name.
      const metadata = { ...object.metadata, name: `${name}-${object.metadata.name}`, namespace: 'shop' };
      const created = stage.cluster.store.create(resource, { ...object, metadata });
      expect(created.metadata.uid).toMatch(/./);
    }
  });
});
