/** The engine port on Docker, through the Docker Engine API. */
import { Failure } from '../failure.ts';
import type { Address } from './address.ts';
import { ask, containerCalls } from './container-calls.ts';
import { createBody, type DockerHost } from './docker-request.ts';
import type { Engine, EngineInfo } from './engine.ts';
import { jsonOf, reasonOf, send } from './http.ts';
import { pullWith } from './images.ts';
import { imageNamesAt, imageOf, stateOf } from './inspect.ts';
import { type Listed, labelFilter, list, runsOf } from './labels.ts';

/** Docker 20.10 and everything after it. */
const PREFIX = '/v1.41';

/** Docker at this address. `info` is what `connectEngine` found out. */
export function dockerEngine(address: Address, info: EngineInfo): Engine {
  const at = (id: string, rest: string) => `${PREFIX}/containers/${encodeURIComponent(id)}${rest}`;
  let known: Promise<DockerHost> | undefined;
  const host = () => {
    known ??= readHost(address);
    return known;
  };
  return {
    info,
    ...containerCalls(address, PREFIX),
    image: (name) => imageOf(address, PREFIX, name),
    imageNames: () => imageNamesAt(address, PREFIX),
    pull: (name, signal) => pullWith(address, `${PREFIX}/images/create?fromImage=${encodeURIComponent(name)}`, signal),
    async create(request) {
      if (request.userNamespace)
        throw new Failure('engine-refused', 'Docker has no user namespace for a single container.');
      const path = `${PREFIX}/containers/create?name=${encodeURIComponent(request.name)}`;
      const answer = await send(address, { method: 'POST', path, json: createBody(request, await host()) });
      if (answer.status === 404) {
        throw new Failure('image-missing', `Image ${request.image} is not on the engine at ${address.text}.`);
      }
      if (answer.status >= 400) {
        throw new Failure('engine-refused', `Docker refused to create container ${request.name}: ${reasonOf(answer)}`);
      }
      return (jsonOf(answer) as { Id: string }).Id;
    },
    init: async () => undefined,
    state: (id) => stateOf(address, PREFIX, id),
    async wait(id, signal) {
      const answer = await ask(
        address,
        { method: 'POST', path: at(id, '/wait?condition=not-running'), signal, timeoutMs: 0 },
        'wait for a container',
      );
      return (jsonOf(answer) as { StatusCode: number }).StatusCode;
    },
    async remove(id) {
      await ask(address, { method: 'DELETE', path: at(id, '?force=true&v=true') }, 'remove a container', [404, 409]);
    },
    async createNetwork(name, labels) {
      const json = { Name: name, Driver: 'bridge', Internal: true, CheckDuplicate: true, Labels: labels };
      await ask(address, { method: 'POST', path: `${PREFIX}/networks/create`, json }, 'create a network');
      return name;
    },
    async removeNetwork(name) {
      await ask(
        address,
        { method: 'DELETE', path: `${PREFIX}/networks/${encodeURIComponent(name)}` },
        'remove a network',
        [404],
      );
    },
    async labelled(run) {
      const { containers, networks } = await listLabelled(address, run);
      return { containers: containers.map(({ Id }) => String(Id)), networks: networks.map(({ Name }) => String(Name)) };
    },
    async runs() {
      const { containers, networks } = await listLabelled(address, undefined);
      return runsOf([...containers, ...networks].map(({ Labels }) => Labels));
    },
  };
}

async function listLabelled(
  address: Address,
  run: string | undefined,
): Promise<Record<'containers' | 'networks', Listed[]>> {
  const filters = labelFilter(run);
  return {
    containers: await list(address, `${PREFIX}/containers/json?all=true&filters=${filters}`),
    networks: await list(address, `${PREFIX}/networks?filters=${filters}`),
  };
}

async function readHost(address: Address): Promise<DockerHost> {
  const answer = await ask(address, { method: 'GET', path: `${PREFIX}/info` }, 'describe itself');
  const { CgroupVersion, CpuCfsQuota } = jsonOf(answer) as { CgroupVersion?: unknown; CpuCfsQuota?: unknown };
  return { oldCgroups: CgroupVersion === '1', cpu: CpuCfsQuota === true };
}
