/** Asks for the same page twice: the first answer comes from the application, the second from the cache. */
import { type Client, expectAnswer, freshName } from '../client.ts';
import { ask } from '../http.ts';

const client: Client = {
  async check(address) {
    const path = `/${freshName()}`;
    const asked = { host: address, port: 6081, path };
    const [first, second] = [await ask(asked), await ask(asked)];
    const number = /^answer (\d+) for /.exec(first.body)?.[1];
    expectAnswer(`GET :6081${path}`, `${first.status} ${first.body}`, `200 answer ${number} for ${path}`);
    expectAnswer(`GET :6081${path} for the second time`, second.body, first.body);
  },
};
export default client;
