// The variables by which a pod finds the Services that were there before it, as a kubelet sets them. Pure.
import type { Service } from '../workloads/types.ts';
import { LOCAL_IP, LOCAL_PORT_ANNOTATION } from './annotations.ts';

/**
 * `WEB_SERVICE_HOST`, `WEB_SERVICE_PORT` and, for each named port, `WEB_SERVICE_PORT_HTTP` for a Service `web`: where it answers on this
 * machine. Services of the pod's namespace that have an address of their own; the older `WEB_PORT_80_TCP_ADDR` and the like are left out.
 */
export function serviceEnvironment(services: readonly Service[]): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const { metadata, spec } of services) {
    const port = metadata.annotations?.[LOCAL_PORT_ANNOTATION];
    if (port === undefined || spec.clusterIP === 'None' || spec.type === 'ExternalName') continue;
    const name = variableName(metadata.name);
    variables[`${name}_SERVICE_HOST`] = LOCAL_IP;
    variables[`${name}_SERVICE_PORT`] = port;
    for (const { name: portName } of spec.ports ?? [])
      if (portName) variables[`${name}_SERVICE_PORT_${variableName(portName)}`] = port;
  }
  return variables;
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll(/[-.]/g, '_');
}
