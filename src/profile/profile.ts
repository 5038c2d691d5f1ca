/** The ImmutabilityProfile: what a container is allowed to change, learned by `observe`. */
import type { Coverage, Evidence, PathKind } from './evidence.ts';

export const PROFILE_API_VERSION = 'petrify.dev/v1alpha1';

/** A directory that must be writable. */
export interface WritablePath {
  /** Canonical absolute directory inside the container (the image's symlinks resolved): where a volume goes. */
  readonly path: string;
  readonly kind: PathKind;
  /** Regular files and links that the image ships below it, which a plain emptyDir would hide; 0: nothing. */
  readonly shippedFiles: number;
  /** The directory's owner and mode in the image, where it exists there. */
  readonly owner?: { readonly uid: number; readonly gid: number; readonly mode: number };
  /** Largest size seen, bytes. */
  readonly bytes: number;
  readonly evidence: readonly Evidence[];
}

/** A place or technique that stays open whatever the manifest says, or by the profile's own declaration. */
export interface Residual {
  /** `/run`, `/dev/shm`, `memfd`, `interpreter`. */
  readonly what: string;
  readonly kind: 'volume' | 'kernel-interface' | 'technique';
  /** Whether a file dropped there can be executed. */
  readonly executable: boolean;
  readonly why: string;
}

export interface ContainerProfile {
  readonly name: string;
  readonly image: string;
  /** Content digest or engine id of the image that was observed. */
  readonly imageId: string;
  readonly user: { readonly uid: number; readonly gid: number; readonly from: 'manifest' | 'image' | 'trial' };
  readonly capabilities: readonly string[];
  readonly writable: readonly WritablePath[];
  readonly residual: readonly Residual[];
  readonly coverage: Coverage;
}

export interface ImmutabilityProfile {
  readonly apiVersion: typeof PROFILE_API_VERSION;
  readonly kind: 'ImmutabilityProfile';
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: {
    readonly workload: { readonly apiVersion: string; readonly kind: string; readonly name: string };
    readonly containers: readonly ContainerProfile[];
  };
}
