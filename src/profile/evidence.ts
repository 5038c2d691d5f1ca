/** Evidence: what was seen to be written, by which means, when; nothing here is concluded yet. */
/** Every means of seeing. Whether each ran is stated in a profile's coverage. */
export type Collector =
  | 'engine-changes'
  | 'kernel-events'
  | 'system-calls'
  | 'log-lines'
  | 'image-config'
  | 'catalogue';

/** What a writable path is for. */
export type PathKind = 'scratch' | 'cache' | 'log' | 'socket' | 'configuration' | 'state';

export type WriteKind = 'create' | 'mkdir' | 'modify' | 'delete' | 'rename' | 'attributes' | 'refused' | 'declared';

export interface Evidence {
  readonly collector: Collector;
  /** Absolute path inside the container, as seen (symlinks not yet resolved). */
  readonly path: string;
  readonly what: WriteKind;
  /** Milliseconds after the container's start; absent for what has no time (image configuration, catalogue). */
  readonly atMs?: number;
  /** True when the thing itself is a directory, socket …, where the collector knows. */
  readonly type?: 'file' | 'directory' | 'socket' | 'fifo' | 'symlink' | 'other';
  /** What proves it: the log line, `MOVED_TO by nginx (pid 12)`, `VOLUME`, the catalogue's source. */
  readonly detail: string;
  /** For refused writes: EROFS, EACCES or EPERM. */
  readonly errno?: 'EROFS' | 'EACCES' | 'EPERM';
  /** When the write happened or was refused, where known. */
  readonly phase?: 'start-up' | 'steady' | 'reload' | 'shutdown' | 'restart';
  /** Bytes seen, where known. */
  readonly bytes?: number;
  /** The kind of path that the source itself states (the catalogue). */
  readonly kind?: PathKind;
}

/** A collector that ran, or why it did not. */
export interface CollectorRun {
  readonly collector: Collector;
  readonly ran: boolean;
  /** Why it did not run, or what it could not see. */
  readonly note?: string;
}

/** What the profile's statement "it writes these" rests on. No write seen is never "writes nothing". */
export interface Coverage {
  readonly ready: boolean;
  readonly requests: number;
  readonly seconds: number;
  /** Its configuration was reloaded (SIGHUP) while it was watched. Absent: not known. */
  readonly reload?: boolean;
  readonly shutdown: boolean;
  /** It was started again on the same volumes, after its end and after a crash. Absent: not known. */
  readonly restart?: boolean;
  readonly collectors: readonly CollectorRun[];
}
