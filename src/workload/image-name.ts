/** Names of images as Kubernetes completes them. */

/** The name under which a registry knows an image, as Kubernetes completes it: `nginx` → `docker.io/library/nginx:latest`. */
export function completeImageName(name: string): string {
  const [first = '', ...rest] = name.split('/');
  const hasHost = rest.length > 0 && (first.includes('.') || first.includes(':') || first === 'localhost');
  const path = hasHost ? name : rest.length > 0 ? `docker.io/${name}` : `docker.io/library/${name}`;
  const last = path.slice(path.lastIndexOf('/'));
  return last.includes(':') || last.includes('@') ? path : `${path}:latest`;
}

/** The names under which an image may be known, most exact first: as written, completed, and by its digest alone. */
export function knownNames(name: string): readonly string[] {
  const complete = completeImageName(name);
  const at = complete.indexOf('@');
  const tag = at < 0 ? -1 : complete.lastIndexOf(':', at);
  const pinned = tag > complete.lastIndexOf('/', at) ? [complete.slice(0, tag) + complete.slice(at)] : [];
  return [name, complete, ...pinned];
}
