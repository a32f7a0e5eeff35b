// What a Kubernetes API answers, as far as tests reach into it by name.
// Nothing is checked here: the assertions say what an answer must hold, and one that lacks a part fails the test that reads it.

interface AnsweredMetadata {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly namespace?: string;
  readonly generateName?: string;
  readonly generation?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly managedFields: readonly {
    readonly manager: string;
    readonly fieldsV1: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  }[];
  /** Of a list with further pages. */
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

interface AnsweredSpec {
  /** Of a workload. */
  readonly template: { readonly spec: { readonly containers: readonly { readonly name: string }[] } };
  readonly [field: string]: unknown;
}

/** An object, a list, a table, a `Status`, a discovery document or an event of a watch: the fields of all of them. */
export interface ApiBody {
  readonly kind: string;
  readonly metadata: AnsweredMetadata;
  readonly spec: AnsweredSpec;
  readonly status?: unknown;
  readonly data?: unknown;
  /** Of a list. */
  readonly items: readonly ApiBody[];
  /** Of a `Status`. */
  readonly reason: string;
  readonly message: string;
  readonly details: { readonly causes: readonly { readonly field: string; readonly message: string }[] };
  /** Of the list of groups, and of one group. */
  readonly groups: readonly { readonly name: string }[];
  readonly versions: readonly { readonly version: string }[];
  /** Of a discovery document. */
  readonly resources: readonly { readonly name: string; readonly verbs: readonly string[] }[];
  /** Of a table. */
  readonly columnDefinitions: readonly {
    readonly name: string;
    readonly type: string;
    readonly format: string;
    readonly priority: number;
  }[];
  readonly rows: readonly { readonly cells: readonly unknown[]; readonly object: unknown }[];
  /** Of an event of a watch. */
  readonly type: string;
  readonly object: ApiBody;
}
