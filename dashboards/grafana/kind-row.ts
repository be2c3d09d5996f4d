import { RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import * as tables from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import {
  Ampere,
  Celsius,
  Degrees,
  Hours,
  KiloWattHour,
  Meter,
  Millimeter,
  Percent,
  Seconds,
  Short,
  KilometersPerHour,
  Volt,
  Watt,
  WattHour,
} from '@grafana/grafana-foundation-sdk/units';
import type { Kind, Metric } from '#model';
import { datasource, here, series, table } from './influxql.ts';
import { legend, tooltip } from './style.ts';

/** Grafana's name of a unit of UCUM; one that is not here is written behind the number's title. */
const units: Readonly<Record<string, string>> = {
  '%': Percent,
  Cel: Celsius,
  m: Meter,
  mm: Millimeter,
  'km/h': KilometersPerHour,
  deg: Degrees,
  V: Volt,
  A: Ampere,
  W: Watt,
  'W.h': WattHour,
  'kW.h': KiloWattHour,
  h: Hours,
  s: Seconds,
};

/** How the device is, not the thing: of no use on a board of the city. */
const upkeep = new Set(['online', 'battery', 'battery_voltage', 'battery_low', 'rssi', 'snr']);
const mostColumns = 6;

/**
 * The row of a kind that a city has added by files: what each asset said last, and the first number over
 * time. Its title, its metrics and their order are those of the kind's file. `id` is the row's; the next
 * two are its panels'.
 */
export function kindRow(kind: Kind, id: number) {
  const metrics = Object.entries(kind.metrics).filter(([name]) => !upkeep.has(name));
  const number = metrics.find(([, { type }]) => type === 'number');
  return {
    row: new RowBuilder(kind.title.en).id(id),
    panels: [
      ...(metrics.length === 0 ? [] : [newestValues(kind, metrics.slice(0, mostColumns), id + 1)]),
      ...(number === undefined ? [] : [overTime(kind, ...number, id + 2)]),
    ],
  };
}

function newestValues({ kind, title }: Kind, metrics: [string, Metric][], id: number) {
  const last = metrics.map(([name]) => `last("${name}") AS "${name}"`).join(', ');
  const panel = new tables.PanelBuilder()
    .id(id)
    .title(`${title.en}: newest values`)
    .description('Every asset with its last values in the time range.')
    .datasource(datasource)
    .span(12)
    .height(9)
    .withTarget(
      table(`SELECT ${last} FROM "${kind}" WHERE ${here} GROUP BY "asset", "district", "zone"`),
    )
    .unit(Short)
    .noValue('None')
    .withTransformation({
      id: 'organize',
      options: {
        // With several last() the time is only the beginning of the range.
        excludeByName: { Time: true },
        renameByName: {
          asset: 'Asset',
          district: 'District',
          zone: 'Zone',
          ...Object.fromEntries(metrics.map(([name, metric]) => [name, titleOf(name, metric)])),
        },
      },
    });
  for (const [name, metric] of metrics) {
    const unit = unitOf(metric);
    if (unit !== undefined) {
      panel.overrideByName(titleOf(name, metric), [{ id: 'unit', value: unit }]);
    }
  }
  return panel;
}

/** The mean of each district, and its highest, which the mean would hide. */
function overTime({ kind, title }: Kind, name: string, metric: Metric, id: number) {
  const by = (aggregate: string) =>
    `SELECT ${aggregate}("${name}") FROM "${kind}" WHERE ${here} GROUP BY time($__interval), "district" fill(none)`;
  return new timeseries.PanelBuilder()
    .id(id)
    .title(`${title.en}: ${titleOf(name, metric)}`)
    .description('Mean and highest value in each district.')
    .datasource(datasource)
    .span(12)
    .height(9)
    .interval('15m')
    .withTarget(series(by('mean'), '$tag_district', 'A'))
    .withTarget(series(by('max'), '$tag_district, highest', 'B'))
    .unit(unitOf(metric) ?? Short)
    .noValue('None')
    .legend(legend())
    .tooltip(tooltip());
}

function unitOf(metric: Metric): string | undefined {
  return metric.type === 'number' ? units[metric.unit] : undefined;
}

/** `water_level` is "Water level". */
function titleOf(name: string, metric: Metric): string {
  const words = name.replaceAll('_', ' ');
  const title = `${words[0]!.toUpperCase()}${words.slice(1)}`;
  const isNamed = metric.type !== 'number' || metric.unit === '1' || unitOf(metric) !== undefined;
  return isNamed ? title : `${title} (${metric.unit})`;
}
