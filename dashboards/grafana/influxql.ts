import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';

/** What a panel asks: one InfluxQL statement, the language that 1.x, 2.x and 3 have in common. */
export interface InfluxQuery extends Dataquery {
  readonly refId: string;
  readonly query: string;
  readonly rawQuery: true;
  readonly resultFormat: 'time_series' | 'table';
  /** Name of each series, with `$tag_district` for a tag that it is grouped by. */
  readonly alias: string;
}

/** The data source that the person looking has chosen; every panel and variable asks it. */
export const datasource = { type: 'influxdb', uid: '${datasource}' } as const;

/** The condition that every query carries: the board's time range and its chosen districts and zones. */
export const here = '$timeFilter AND "district" =~ /^$district$/ AND "zone" =~ /^$zone$/';

/** A query whose rows are points in time, one series for each group. The SDK has no builder for InfluxDB. */
export function series(query: string, alias = '', refId = 'A'): Builder<Dataquery> {
  return influxQuery({ query, alias, refId, resultFormat: 'time_series' });
}

/** A query whose groups become rows of one table, their tags columns. */
export function table(query: string): Builder<Dataquery> {
  return influxQuery({ query, alias: '', refId: 'A', resultFormat: 'table' });
}

function influxQuery(
  query: Pick<InfluxQuery, 'query' | 'alias' | 'refId' | 'resultFormat'>,
): Builder<Dataquery> {
  const built: InfluxQuery = { ...query, rawQuery: true, _implementsDataqueryVariant() {} };
  return { build: () => built };
}
