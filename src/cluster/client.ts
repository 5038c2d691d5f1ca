/** A cluster that Petrify may run pods in: its API, commands in its pods, and the ports of its pods. */
import { objectOr, textOf } from '../workload/value.ts';
import { API_LIMITS, type Api, connect } from './api.ts';
import { type ExecOptions, type Executed, execIn, type Place } from './exec.ts';
import { type KubeconfigOptions, loadKubeconfig } from './kubeconfig.ts';
import { type Forwarder, forwarderTo } from './port-forward.ts';

export interface Cluster {
  readonly api: Api;
  /** As the API server tells it: `v1.36.0`. */
  readonly version: string;
  /** `https://127.0.0.1:6443` */
  readonly server: string;
  exec(place: Place, command: readonly string[], options?: ExecOptions): Promise<Executed>;
  forward(at: { readonly namespace: string; readonly pod: string }): Forwarder;
}

/** Throws Failure('no-cluster') or ('cluster-refused') where there is nobody to ask. */
export async function openCluster(options: KubeconfigOptions): Promise<Cluster> {
  const config = await loadKubeconfig(options);
  // Removing what was started must still be possible after an interruption: no signal ends this conversation.
  const api = connect(config, { env: options.env, signal: undefined, limits: API_LIMITS });
  const { body } = await api.get('/version');
  return {
    api,
    version: textOf(objectOr(body).gitVersion) ?? 'of an unknown version',
    server: config.getCurrentCluster()!.server,
    exec: (place, command, given) => execIn(config, place, command, given),
    forward: (at) => forwarderTo(config, at),
  };
}
