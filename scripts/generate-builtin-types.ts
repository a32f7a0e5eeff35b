// Makes src/localcluster/schema/builtin-types.json: fields, types and required fields of the Kubernetes kinds that the local
// cluster serves, taken from the models of @kubernetes/client-node, so that nobody copies them by hand.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

interface Attribute {
  name: string;
  baseName: string;
  type: string;
  format: string;
}

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const models = join(root, 'node_modules/@kubernetes/client-node/dist/gen/models');

/** The kinds served; everything they refer to follows. */
const kinds = [
  'V1Namespace V1Node V1Pod V1Service V1Endpoints V1ConfigMap V1Secret V1ServiceAccount CoreV1Event V1ReplicationController',
  'V1ResourceQuota V1LimitRange V1PersistentVolumeClaim V1PersistentVolume V1Deployment V1ReplicaSet V1StatefulSet V1DaemonSet',
  'V1ControllerRevision V2HorizontalPodAutoscaler V1HorizontalPodAutoscaler V1Job V1CronJob V1PodDisruptionBudget V1Lease',
  'EventsV1Event V1EndpointSlice V1NetworkPolicy V1Ingress V1Role V1RoleBinding V1ClusterRole V1ClusterRoleBinding',
  'V1PriorityClass V1FlowSchema V1PriorityLevelConfiguration V1CustomResourceDefinition V1APIService V1Scale',
].flatMap((line) => line.split(' '));

type TypeTable = Record<string, Record<string, string>>;

/** Each type's fields with their types, as `string`, `integer`, `Array<V1Container>`, `{ [key: string]: string; }`; `!` if required. */
async function builtinTypes(): Promise<TypeTable> {
  const table: TypeTable = {};
  const waiting = [...kinds];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (table[name] !== undefined) continue;
    const attributes = await attributesOf(name);
    const declared = readFileSync(join(models, `${name}.d.ts`), 'utf8');
    const mark = (it: Attribute) => (declared.includes(`    '${it.name}':`) ? '!' : '');
    table[name] = Object.fromEntries(attributes.map((it) => [it.baseName, fieldType(it) + mark(it)]));
    waiting.push(...attributes.flatMap((it) => it.type.match(/\w+/g) ?? []).filter(isModel));
  }
  return Object.fromEntries(Object.entries(table).sort(([left], [right]) => (left < right ? -1 : 1)));
}

function isModel(name: string): boolean {
  return name !== 'V1MicroTime' && existsSync(join(models, `${name}.js`));
}

function fieldType(attribute: Attribute): string {
  if (attribute.type === 'number') return attribute.format.startsWith('int') ? 'integer' : 'number';
  if (attribute.type === 'string' && attribute.format !== '') return `string:${attribute.format}`;
  return attribute.type;
}

async function attributesOf(name: string): Promise<Attribute[]> {
  const module = (await import(pathToFileURL(join(models, `${name}.js`)).href)) as Record<string, unknown>;
  const model = module[name] as { getAttributeTypeMap(): Attribute[] };
  return model.getAttributeTypeMap();
}

/** The text of the file. */
export async function builtinTypesText(): Promise<string> {
  return `${JSON.stringify(await builtinTypes(), null, 2)}\n`;
}
