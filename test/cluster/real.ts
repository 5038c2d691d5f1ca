/** Writes to a real API server for the tests: what `petrify` itself never does. */
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { text } from 'node:stream/consumers';
import type { KubeConfig } from '@kubernetes/client-node';

/** Sends JSON; what the server refuses is thrown with its words. */
export function send(config: KubeConfig) {
  const base = new URL(config.getCurrentCluster()!.server);
  return async (method: string, path: string, body?: object, type = 'application/json') => {
    const options: RequestOptions = { method, host: base.hostname, port: base.port, path };
    options.headers = { accept: 'application/json', 'content-type': type };
    await config.applyToHTTPSOptions(options);
    const { status, answer } = await new Promise<{ status: number; answer: string }>((resolve, reject) => {
      const request = httpsRequest(options, (response) => {
        text(response).then((answer) => resolve({ status: response.statusCode!, answer }), reject);
      });
      request.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
    });
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${answer}`);
    return JSON.parse(answer) as Record<string, unknown>;
  };
}
