/** A workload: anything that makes pods, with all of its containers and what really applies to each. */
import type { ManifestDocument, Path } from '../manifest/document.ts';

export type ContainerRole = 'init' | 'sidecar' | 'main' | 'ephemeral';

/** A setting with where its value comes from. `path` is where it stands, or where it would have to be written. */
export interface Setting<T> {
  readonly value: T;
  readonly from: 'container' | 'pod' | 'default';
  readonly path: Path;
}

/** Security settings after Kubernetes' own precedence: container over pod over default. */
export interface EffectiveSettings {
  readonly readOnlyRootFilesystem: Setting<boolean>;
  readonly privileged: Setting<boolean>;
  /** Default true, as in Kubernetes. */
  readonly allowPrivilegeEscalation: Setting<boolean>;
  /** undefined: decided by the image's USER. */
  readonly runAsUser: Setting<number | undefined>;
  readonly runAsGroup: Setting<number | undefined>;
  readonly runAsNonRoot: Setting<boolean | undefined>;
  readonly capabilitiesAdd: Setting<readonly string[]>;
  readonly capabilitiesDrop: Setting<readonly string[]>;
  readonly procMount: Setting<'Default' | 'Unmasked' | string>;
  /** `RuntimeDefault`, `Unconfined`, `Localhost`, or undefined (Kubernetes then runs Unconfined). */
  readonly seccompProfile: Setting<string | undefined>;
}

/** One mount of a container with the volume behind it. */
export interface Mount {
  readonly path: Path;
  readonly volumeName: string;
  readonly mountPath: string;
  readonly subPath: string | undefined;
  readonly readOnly: boolean;
  /** The kind of the volume: the key beside its name (`emptyDir`, `hostPath`, `configMap`, …); undefined: no such volume. */
  readonly volumeKind: string | undefined;
  /** The volume as written, and where. */
  readonly volume: Readonly<Record<string, unknown>> | undefined;
  readonly volumePath: Path | undefined;
}

export interface Container {
  readonly role: ContainerRole;
  readonly name: string;
  /** Path to the container's mapping in the document. */
  readonly path: Path;
  readonly image: string | undefined;
  /** As written. Strings come from strangers: never trust a type in here. */
  readonly spec: Readonly<Record<string, unknown>>;
  readonly settings: EffectiveSettings;
  readonly mounts: readonly Mount[];
}

export interface WorkloadSource {
  readonly file: string;
  /** Which document of the file, from 0. */
  readonly document: number;
  readonly line: number;
}

export interface Workload {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
  /** Path to the object inside its document: [] but for the items of a List. */
  readonly objectPath: Path;
  readonly podSpecPath: Path;
  readonly podSpec: Readonly<Record<string, unknown>>;
  /** In the order Kubernetes starts them: init and sidecar as written, then main, then ephemeral. */
  readonly containers: readonly Container[];
  readonly source: WorkloadSource;
  readonly document: ManifestDocument;
}
