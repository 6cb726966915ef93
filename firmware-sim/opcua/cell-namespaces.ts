/** The namespaces of the simulated robot cell; apart from what it has there, so that a look costs no server. */

export const CELL_NAMESPACE = 'urn:headgate:simulated:cell';

/** Short names for those that it shares with other machines. */
export const CELL_PREFIXES = {
  ua: 'http://opcfoundation.org/UA/',
  di: 'http://opcfoundation.org/UA/DI/',
  machinery: 'http://opcfoundation.org/UA/Machinery/',
  robotics: 'http://opcfoundation.org/UA/Robotics/',
} as const;

/** A site that uses one of these means a robot cell. */
export const isOfCell = (uri: string): boolean =>
  uri === CELL_NAMESPACE || (uri !== CELL_PREFIXES.ua && COMPANIONS.has(uri));

const COMPANIONS: ReadonlySet<string> = new Set(Object.values(CELL_PREFIXES));
