/** What the exit code of `petrify` says; documented in the program's help. */
export const EXIT_HOLDS = 0;
/** Findings, or not proven. */
export const EXIT_FINDINGS = 1;
/** Bad input, no engine, no cluster. */
export const EXIT_CANNOT_RUN = 2;
/** As a shell reports SIGINT. */
export const EXIT_INTERRUPTED = 130;
