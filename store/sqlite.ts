import { DatabaseSync } from 'node:sqlite';
import {
  ServiceError,
  type Point,
  type RefusedPoint,
  type Sample,
  type SeriesQuery,
  type SeriesStore,
  type Value,
} from '#model';
