/** The name of a file as the URI that SARIF wants: relative where the name is, every odd character percent-encoded. */

/** Standard input has no file; a report must name something. */
const STDIN = 'stdin';

export function artifactUri(file: string): { readonly uri: string } {
  if (file === '-') return { uri: STDIN };
  const windows = /^[A-Za-z]:[\\/]/.test(file);
  const names = (windows ? file.replaceAll('\\', '/') : file).split('/').map(encoded);
  const path = names.join('/').replace(/^(?:\.\/+)+/, '');
  if (windows) return { uri: `file:///${path.replace('%3A', ':')}` };
  if (path.startsWith('/')) return { uri: `file:///${path.replace(/^\/+/, '')}` };
  return { uri: path === '' ? '.' : path };
}

/** encodeURIComponent throws on a lone surrogate; it becomes the replacement character. */
function encoded(name: string): string {
  return encodeURIComponent(name.toWellFormed());
}
