import type { Directory } from '#model';
import type { Categories } from './category.ts';

/** What the desk knows of its city: what can be wrong, and what stands where. */
export interface City {
  readonly categories: Categories;
  readonly directory: Directory;
}
