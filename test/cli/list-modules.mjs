/** Preloaded by start-up.test.ts: says every module that is loaded from a file. */

import { writeSync } from 'node:fs';
import { registerHooks } from 'node:module';

registerHooks({
  load(url, context, next) {
    if (url.startsWith('file:')) writeSync(2, `module ${url}\n`);
    return next(url, context);
  },
});
