/** Collects the problems of a tree, each at its place. */
import { printable, quoted } from '../gateway/host/quoted.ts';
import type { SchemaIssue } from '../gateway/host/schema.ts';
import type { Finding } from './finding.ts';
import { issueProblem, type Problem, problem } from './problem.ts';
import { keyPlace, type MapNode, type Path, valuePlace, written } from './tree.ts';

export interface Notes {
  readonly problems: readonly Problem[];
  find(finding: Finding): void;
  /** An issue of the value at `path`; `protocol` names the driver whose schema it is. */
  issue(path: Path, issue: SchemaIssue, protocol?: string): void;
}

export function notesOn(root: MapNode): Notes {
  const problems: Problem[] = [];
  return {
    problems,
    find({ path, at, code, details, severity, first }) {
      const place = at === 'key' ? keyPlace(root, path) : valuePlace(root, path);
      const words = first ? { ...details, first: written(keyPlace(root, first)) } : details;
      problems.push(problem(place, code, words, severity));
    },
    issue(at, issue, protocol = '') {
      const path = [...at, ...issue.path];
      const place = isAboutKey(issue) ? keyPlace(root, path) : valuePlace(root, path);
      // Only here is the name of a value known that is wrong as a whole.
      const key = printable(String(path.at(-1) ?? ''));
      problems.push(issueProblem(place, issue, { key, protocol }));
    },
  };
}

/** A key nobody knows, a map without its key, or a name that cannot be one. */
const isAboutKey = ({ code, path, details }: SchemaIssue): boolean =>
  code === 'config.unknown-key' ||
  code === 'config.not-one-key' ||
  details?.found === quoted(path.at(-1));
