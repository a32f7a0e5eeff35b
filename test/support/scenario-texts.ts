// The three files of a small scenario, for tests to change: a load of 100, then 300, for pods that do 50 at ease.
import type { ScenarioTexts } from '../../src/simulator/scenario.ts';

export const SCENARIO = `
title: Small
brief: A step
story: A load that steps up.
load:
  unit: requests per second
  divideBy: 60
  source: {origin: here, commit: none, licence: none, cut: none}
pod: {capacity: 80, startSeconds: 30}
replicas: 2
pipeline: {scrapeSeconds: 15, delaySeconds: 0}
watch: [the step]
expect:
  - {measure: changes, atMost: 9, says: few changes}
`;

export const MANIFESTS = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  strategy: {rollingUpdate: {maxSurge: 50%, maxUnavailable: 0}}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: web, resources: {requests: {cpu: 500m}}}]
---
apiVersion: setpoint.dev/v1alpha1
kind: ScaledTarget
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 1
  maxReplicas: 10
  metrics:
    - type: Prometheus
      name: rps
      prometheus: {query: rps, source: default, target: {type: AverageValue, averageValue: "50"}}
`;

/** 100 requests per second for 10 minutes, 300 for as long. */
export const LOAD = 'seconds,value\n0,6000\n600,18000\n';

export function scenarioTexts(changes: Partial<ScenarioTexts> = {}): ScenarioTexts {
  return { name: 'small', folder: 'small', scenario: SCENARIO, manifests: MANIFESTS, load: LOAD, ...changes };
}
