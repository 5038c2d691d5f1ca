/** What a manifest is after reading: documents that know where every value stands in the text. */

/** Where a value sits inside a document: keys and indexes, never a dotted string (keys may contain dots). */
export type Path = readonly (string | number)[];

/** A place in a file. `line` and `column` count from 1, `offset` from 0; all in UTF-16 code units of the file's text. */
export interface Position {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** One text that may hold several YAML documents (or one JSON value). `file` is the name the user gave, `-` for stdin. */
export interface ManifestText {
  readonly file: string;
  readonly text: string;
  /** What of the file stands before this text, where it is a part of a long one; absent: nothing. Offsets are the part's own. */
  readonly before?: { readonly lines: number; readonly documents: number };
  /** What printed the text, and from which folder, archive or cluster; absent: the text is the file's own, and so are its lines. */
  readonly rendered?: { readonly by: 'helm' | 'kustomize' | 'cluster'; readonly from: string };
  /** What a cluster knows beside the object itself. */
  readonly live?: Live;
}

/** Pods of one owner that run with the same specification; the text is one of them, as it was admitted. */
export interface Live {
  /** The controller at the top: the Deployment, not its ReplicaSet; undefined: nobody made the pod. */
  readonly owner: { readonly apiVersion: string; readonly kind: string; readonly name: string } | undefined;
  /** Names of the pods. */
  readonly pods: readonly string[];
  /** Containers that the owner's template does not have, each with what is known of who injected it. */
  readonly injected: Readonly<Record<string, string>>;
}

/**
 * A node of the positioned tree; `start` and `end` are offsets into the file's text, `end` exclusive, quotes, anchor and
 * tag included. A missing value (`key:`) is an empty range behind its colon; an alias has its own range, its children the anchor's.
 */
export type Node = MappingNode | SequenceNode | ScalarNode;

export interface NodeBase {
  readonly start: number;
  readonly end: number;
  /** The node is (inside) an anchored value that an alias repeats elsewhere: an edit here would change two places. */
  readonly shared: boolean;
}
export interface MappingNode extends NodeBase {
  readonly kind: 'mapping';
  readonly flow: boolean;
  readonly entries: readonly MappingEntry[];
}
export interface MappingEntry {
  /** As Kubernetes reads it: `yes:` is the key `true`. */
  readonly key: string;
  /** A `<<` whose mappings count as entries of this mapping. */
  readonly merge: boolean;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly value: Node;
}
export interface SequenceNode extends NodeBase {
  readonly kind: 'sequence';
  readonly flow: boolean;
  readonly items: readonly Node[];
}
export interface ScalarNode extends NodeBase {
  readonly kind: 'scalar';
  /** As Kubernetes reads it (go-yaml v2): `0644` is 420, `yes` is true, `1:30` a string. */
  readonly value: string | number | boolean | null;
}

/** One readable document. */
export interface ManifestDocument {
  readonly text: ManifestText;
  /** Which document of its file, from 0. */
  readonly index: number;
  /** Offsets of the document's own text in the file, `end` exclusive. */
  readonly start: number;
  readonly end: number;
  /** Kept for the document asked last only, else read again: hold on to it while you work with it, not longer. */
  readonly root: Node;
  /** The plain JSON value, aliases and merge keys resolved; made when first asked for, then kept. */
  readonly value: unknown;
}

/** A document (or a whole file) that could not be read; the others are still judged. */
export interface Unreadable {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
  readonly message: string;
  readonly hint?: string;
}

/** Something that was passed over on purpose: a template, a chart without Helm. Said, but no reason to fail. */
export interface Notice {
  readonly file: string;
  readonly line?: number;
  readonly message: string;
  readonly hint?: string;
}

/** A change of one value at a path, independent of how it is rendered (text splice, JSON Patch). */
export interface Edit {
  /**
   * `add` creates or replaces a mapping key, inserts before a list index, or appends to a list (last path element `-`) unless
   * an equal item is there; missing parents are created. `replace` needs something there. `remove` of nothing does nothing.
   */
  readonly op: 'add' | 'replace' | 'remove';
  readonly path: Path;
  readonly value?: unknown;
}

/** Puts `text` in the place of `[start, end)`, offsets into the file. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}
