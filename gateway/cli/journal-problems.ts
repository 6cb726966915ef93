/** What `check` finds wrong with the place of a site's journal, each with its place in the site's files. */
import { dirname } from 'node:path';
import { type Problem, problem } from '../../config/problem.ts';
import type { Site } from '../../config/site.ts';
import { unfitFileSystemOf } from '../host/file-system.ts';
import { placesIn } from './plan/plan-problems.ts';

/** A file system that does not keep a journal. The folder need not be there yet. */
export async function journalProblems(path: string, site: Site): Promise<readonly Problem[]> {
  const fileSystem = unfitFileSystemOf(site.journal.path);
  if (fileSystem === undefined) return [];
  const placeOf = await placesIn(path);
  const details = { folder: dirname(site.journal.path), fileSystem };
  return [problem(placeOf(['journal', 'path']), 'journal.file-system-unfit', details, 'warning')];
}
