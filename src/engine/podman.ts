/** The engine port on Podman, through libpod's own API: its Docker dialect hides writable mounts. */
import { Failure } from '../failure.ts';
import type { Address } from './address.ts';
import { ask, containerCalls } from './container-calls.ts';
import type { Engine, EngineInfo } from './engine.ts';
import { type Call, jsonOf, reasonOf, send, stream } from './http.ts';
import { pullWith } from './images.ts';
import { imageNamesAt, imageOf, stateOf } from './inspect.ts';
import { type Listed, labelFilter, list, runsOf } from './labels.ts';
import { createBody, type PodmanHost } from './podman-request.ts';

/** Understood by Podman 4 and 5. */
const PREFIX = '/v4.0.0/libpod';

/** Podman at this address. `info` is what `connectEngine` found out. */
export function podmanEngine(address: Address, info: EngineInfo): Engine {
  const calls = containerCalls(address, PREFIX);
  const at = (id: string, rest: string) => `${PREFIX}/containers/${encodeURIComponent(id)}${rest}`;
  const image = (name: string) => imageOf(address, PREFIX, name);
  let known: Promise<PodmanHost> | undefined;
  const host = () => {
    known ??= readHost(address);
    return known;
  };
  return {
    info,
    ...calls,
    image,
    imageNames: () => imageNamesAt(address, PREFIX),
    pull: (name, signal) => pullWith(address, `${PREFIX}/images/pull?reference=${encodeURIComponent(name)}`, signal),
    async create(request) {
      const user = (request.user ?? (await image(request.image))?.user ?? '').split(':')[0]!;
      const json = createBody(request, user, await host());
      const answer = await send(address, { method: 'POST', path: `${PREFIX}/containers/create`, json });
      if (answer.status >= 400 && /image not known|no such image/.test(reasonOf(answer))) {
        throw new Failure('image-missing', `Image ${request.image} is not on the engine at ${address.text}.`);
      }
      if (answer.status >= 400) {
        throw new Failure('engine-refused', `Podman refused to create container ${request.name}: ${reasonOf(answer)}`);
      }
      return (jsonOf(answer) as { Id: string }).Id;
    },
    async init(id) {
      await ask(address, { method: 'POST', path: at(id, '/init') }, 'initialise a container');
      const { pid } = await stateOf(address, PREFIX, id);
      return pid;
    },
    async exported(id) {
      const response = await stream(address, { method: 'GET', path: at(id, '/export') });
      if (response.statusCode === 200) return response;
      response.resume();
      throw new Failure('engine-refused', `Podman refused to export a container (status ${response.statusCode}).`);
    },
    async mounted(id) {
      if (!info.local) return undefined;
      const answer = await ask(address, { method: 'POST', path: at(id, '/mount') }, 'mount a container');
      // A bare path, whatever the content type says.
      const path = answer.body.toString('utf8').trim();
      return path.startsWith('/') ? path : undefined;
    },
    state: (id) => stateOf(address, PREFIX, id),
    async wait(id, signal) {
      const path = at(id, '/wait?condition=exited&condition=stopped');
      const answer = await ask(address, { method: 'POST', path, signal, timeoutMs: 0 }, 'wait for a container');
      return Number(answer.body.toString('utf8'));
    },
    async remove(id) {
      // Podman 4 knows the anonymous volumes as `volumes` here, Docker's dialect and later ones as `v`.
      const call: Call = { method: 'DELETE', path: at(id, '?force=true&v=true&volumes=true&timeout=0') };
      const { status } = await send(address, call);
      if (status < 400 || status === 404) return;
      // Of a user namespace's container it may say that its shared memory is busy, when all of it is gone a moment later.
      await ask(address, call, 'remove a container', [404]);
    },
    async createNetwork(name, labels) {
      const json = { name, driver: 'bridge', internal: true, dns_enabled: true, labels };
      const answer = await ask(
        address,
        { method: 'POST', path: `${PREFIX}/networks/create`, json },
        'create a network',
      );
      return (jsonOf(answer) as { name: string }).name;
    },
    async removeNetwork(name) {
      await ask(
        address,
        { method: 'DELETE', path: `${PREFIX}/networks/${encodeURIComponent(name)}?force=true` },
        'remove a network',
        [404],
      );
    },
    async labelled(run) {
      const { containers, networks } = await listLabelled(address, run);
      return { containers: containers.map(({ Id }) => String(Id)), networks: networks.map(({ name }) => String(name)) };
    },
    async runs() {
      const { containers, networks } = await listLabelled(address, undefined);
      return runsOf([...containers.map(({ Labels }) => Labels), ...networks.map(({ labels }) => labels)]);
    },
  };
}

async function readHost(address: Address): Promise<PodmanHost> {
  const answer = await ask(address, { method: 'GET', path: `${PREFIX}/info` }, 'describe itself');
  const { host } = jsonOf(answer) as {
    host?: {
      cgroupVersion?: string;
      cgroupControllers?: readonly string[] | null;
      security?: { capabilities?: string; apparmorEnabled?: boolean };
    };
  };
  const names = (host?.security?.capabilities ?? '').split(',').filter((name) => name !== '');
  return {
    capabilities: names.map((name) => name.replace(/^CAP_/, '')),
    oldCgroups: host?.cgroupVersion === 'v1',
    appArmor: host?.security?.apparmorEnabled === true,
    bounds: host?.cgroupControllers ?? [],
  };
}

async function listLabelled(
  address: Address,
  run: string | undefined,
): Promise<Record<'containers' | 'networks', Listed[]>> {
  const filters = labelFilter(run);
  return {
    containers: await list(address, `${PREFIX}/containers/json?all=true&filters=${filters}`),
    networks: await list(address, `${PREFIX}/networks/json?filters=${filters}`),
  };
}
