// Every default of a ScaledTarget, in one object. Fields with a controller flag are not here: see the options of the controller.

export const DEFAULTS = {
  minReplicas: 1,
  mode: 'Scale',
  guards: 'Enabled',
  /** Used when no metric is given, as the HPA does. */
  metrics: [
    {
      type: 'Resource',
      resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
    },
  ],
  metric: {
    /** Older samples may raise, not lower: three minutes are several periods of any common metrics pipeline. */
    maxAgeSeconds: 180,
    direction: 'Both',
    /** Name of the Prometheus server that `--prometheus-url` configures. */
    prometheusSource: 'default',
  },
  /** The HPA's rules, filled in for both directions as soon as `behavior` is present. */
  behavior: {
    scaleUp: {
      stabilizationWindowSeconds: 0,
      selectPolicy: 'Max',
      policies: [
        { type: 'Pods', value: 4, periodSeconds: 15 },
        { type: 'Percent', value: 100, periodSeconds: 15 },
      ],
    },
    /** The window down has a flag (--downscale-stabilization) and therefore no default here. */
    scaleDown: {
      selectPolicy: 'Max',
      policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
    },
  },
} as const;
