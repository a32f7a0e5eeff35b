// The annotations by which the local cluster and its users talk about local processes.

const PREFIX = 'localcluster.setpoint.dev';

/** On a pod: the 127.0.0.1 port that stands for its first containerPort. Also in the env of its containers as PORT. */
export const PORT_ANNOTATION = `${PREFIX}/port`;
/** On a pod with several ports: JSON from containerPort to local port. */
export const PORTS_ANNOTATION = `${PREFIX}/ports`;
/** On a pod: seconds between its being scheduled and its containers' start, as if an image were pulled. */
export const START_DELAY_ANNOTATION = `${PREFIX}/start-delay-seconds`;
/** On a pod with volumes: JSON from the name of each volume to the folder that stands for it. */
export const VOLUMES_ANNOTATION = `${PREFIX}/volumes`;
/** On a Service: the 127.0.0.1 port on which it answers. */
export const LOCAL_PORT_ANNOTATION = `${PREFIX}/local-port`;

export const LOCAL_IP = '127.0.0.1';
export const NODE_NAME = 'local';

/** The start-up delay in milliseconds: the pod's own, else `defaultSeconds`. An unreadable value counts as none. */
export function startDelayMs(annotations: Record<string, string> | undefined, defaultSeconds: number): number {
  const seconds = Number(annotations?.[START_DELAY_ANNOTATION] ?? defaultSeconds);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0;
}
