/** Reading what was kept: it may be of another version, or damaged, so every field is looked at. */
import type { Kept } from './state-store.ts';

export type KeptFields = { readonly [key: string]: Kept };

/** Whether it has fields by name. */
export const isFields = (kept: Kept | undefined): kept is KeptFields =>
  typeof kept === 'object' && kept !== null && !Array.isArray(kept);

/** Its fields; none of what has no names. */
export const fieldsOf = (kept: Kept | undefined): KeptFields => (isFields(kept) ? kept : {});
