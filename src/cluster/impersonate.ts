/** Asks a cluster as somebody else, as `kubectl --as USER --as-group GROUP` does. */
import type { KubeConfig } from '@kubernetes/client-node';

/** Whom to be: a user, and the groups of that user. */
export interface Identity {
  readonly user: string;
  readonly groups: readonly string[];
}

/** The same configuration, whose every request says for whom it is made; its own user needs the right to impersonate. */
export function impersonating(config: KubeConfig, { user, groups }: Identity): KubeConfig {
  const as: KubeConfig = Object.create(config);
  as.applyToHTTPSOptions = async (options) => {
    await config.applyToHTTPSOptions(options);
    const asGroups = groups.length === 0 ? {} : { 'Impersonate-Group': [...groups] };
    options.headers = { ...options.headers, 'Impersonate-User': user, ...asGroups };
  };
  return as;
}
