// What a Kubernetes API answers, as far as tests reach into it by name.
// Nothing is checked here: the assertions say what an answer must hold, and one that lacks a part fails the test that reads it.

interface AnsweredMetadata {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
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
  readonly details: { readonly causes: readonly unknown[] };
  /** Of a discovery document. */
  readonly resources: readonly { readonly name: string; readonly verbs: readonly string[] }[];
  /** Of a table. */
  readonly columnDefinitions: readonly { readonly name: string; readonly priority: number }[];
  readonly rows: readonly { readonly cells: readonly unknown[] }[];
  /** Of an event of a watch. */
  readonly type: string;
  readonly object: ApiBody;
}
