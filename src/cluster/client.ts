/** A cluster that Petrify may run pods in: its API, commands in its pods, and the ports of its pods. */
import type { KubeConfig } from '@kubernetes/client-node';
import { objectOr, textOf } from '../workload/value.ts';
import { API_LIMITS, type Api, connect } from './api.ts';
import { attachTo } from './attach.ts';
import { type ExecOptions, type Executed, execIn, type Place } from './exec.ts';
import { type Identity, impersonating } from './impersonate.ts';
import { type KubeconfigOptions, loadKubeconfig } from './kubeconfig.ts';
import { type Forwarder, forwarderTo } from './port-forward.ts';

export interface Cluster {
  readonly api: Api;
  /** As the API server tells it: `v1.36.0`. */
  readonly version: string;
  /** `https://127.0.0.1:6443` */
  readonly server: string;
  /** The namespace of the context, for what names none itself. */
  readonly namespace: string;
  exec(place: Place, command: readonly string[], options?: ExecOptions): Promise<Executed>;
  /** As `kubectl attach` without standard input, for a moment. Throws Failure('cluster-refused') where it is refused. */
  attach(place: Place): Promise<void>;
  forward(at: { readonly namespace: string; readonly pod: string }): Forwarder;
  /** The same cluster, asked for somebody else. */
  as(identity: Identity): Cluster;
}

/** Throws Failure('no-cluster') or ('cluster-refused') where there is nobody to ask. */
export async function openCluster(options: KubeconfigOptions): Promise<Cluster> {
  const config = await loadKubeconfig(options);
  // Removing what was started must still be possible after an interruption: no signal ends this conversation.
  const api = connect(config, { env: options.env, signal: undefined, limits: API_LIMITS });
  const { body } = await api.get('/version');
  const version = textOf(objectOr(body).gitVersion) ?? 'of an unknown version';
  return clusterOf(config, options, api, version);
}

function clusterOf(config: KubeConfig, options: KubeconfigOptions, api: Api, version: string): Cluster {
  return {
    api,
    version,
    server: config.getCurrentCluster()!.server,
    namespace: textOf(config.getContextObject(config.getCurrentContext())?.namespace) ?? 'default',
    exec: (place, command, given) => execIn(config, place, command, given),
    attach: (place) => attachTo(config, place),
    forward: (at) => forwarderTo(config, at),
    as(identity) {
      const other = impersonating(config, identity);
      const theirs = connect(other, { env: options.env, signal: undefined, limits: API_LIMITS });
      return clusterOf(other, options, theirs, version);
    },
  };
}
