/** Asks a JSP page, which Tomcat compiles, to compute something; it begins a session. */
import { type Client, expectAnswer } from '../client.ts';
import { ask } from '../http.ts';

const client: Client = {
  async check(address) {
    const { status, headers, body } = await ask({ host: address, port: 8080, path: '/sum.jsp?of=100' });
    expectAnswer('GET :8080/sum.jsp?of=100', `${status} ${body.trim()}`, '200 sum 5050');
    if (!headers['set-cookie']?.some((cookie) => cookie.startsWith('JSESSIONID='))) {
      throw new Error('GET :8080/sum.jsp began no session');
    }
  },
};
export default client;
