/** The pod cases in the sandbox of the engine that answers. */
import { describe, test } from 'node:test';
import { sandboxHost } from '../../src/host/sandbox.ts';
import { engine, skip } from '../example.ts';
import { podCases } from './pod-cases.ts';

if (engine === undefined || skip !== false) test('pods in a sandbox', { skip }, () => {});
else {
  const here = engine;
  describe(`pods in a sandbox of ${here.info.name} ${here.info.version}`, () => {
    podCases(sandboxHost(here), async (run) => {
      const { containers, networks } = await here.labelled(run);
      return [...containers, ...networks];
    });
  });
}
