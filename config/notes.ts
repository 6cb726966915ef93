/** Collects the problems of a tree, each at its place. */
import { keyOf, printable, quoted } from '../gateway/host/quoted.ts';
import type { SchemaIssue } from '../gateway/host/schema.ts';
import type { Finding } from './finding.ts';
import { issueProblem, type Problem, problem } from './problem.ts';
import { characterPlace, keyPlace, type MapNode, type Path, valuePlace, written } from './tree.ts';

export interface Notes {
  readonly problems: readonly Problem[];
  find(finding: Finding): void;
  /** An issue of the value at `path`. */
  issue(path: Path, issue: SchemaIssue, of?: Origin): void;
}

/** Whose issue it is: the driver whose schema it is of, or the rule for which a template was looked at. */
export interface Origin {
  readonly protocol?: string;
  readonly instance?: string | undefined;
}

export function notesOn(root: MapNode): Notes {
  const problems: Problem[] = [];
  return {
    problems,
    find({ path, at, code, details, severity, first, offset, instance }) {
      const ofText =
        offset === undefined ? valuePlace(root, path) : characterPlace(root, path, offset);
      const place = at === 'key' ? keyPlace(root, path) : ofText;
      const words = first ? { ...details, first: written(keyPlace(root, first)) } : details;
      problems.push(ofInstance(problem(place, code, words, severity), instance));
    },
    issue(at, issue, { protocol = '', instance } = {}) {
      const path = [...at, ...issue.path];
      const place = isAboutKey(issue) ? keyPlace(root, path) : valuePlace(root, path);
      // Only here is the name of a value known that is wrong as a whole.
      const key = printable(keyOf(path));
      problems.push(ofInstance(issueProblem(place, issue, { key, protocol }), instance));
    },
  };
}

/** A template is wrong for a rule; with other arguments it may be right. */
function ofInstance(one: Problem, instance: string | undefined): Problem {
  if (instance === undefined) return one;
  const { en, zh } = one.message;
  const message = { en: `${en} (in rule "${instance}")`, zh: `${zh}（用于规则“${instance}”）` };
  return { ...one, message };
}

/** A key nobody knows, a map without its key, or a name that cannot be one. */
const isAboutKey = ({ code, path, details }: SchemaIssue): boolean =>
  code === 'config.unknown-key' ||
  code === 'config.not-one-key' ||
  details?.found === quoted(path.at(-1));
