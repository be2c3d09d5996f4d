import * as tables from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import { Percent, Volt, Watt } from '@grafana/grafana-foundation-sdk/units';
import { datasource, here, series, table } from './influxql.ts';
import { legend, tooltip } from './style.ts';

/** Watts below which a lamp gives no light; its controller alone takes one or two. */
const dark = 5;

/** One line a district: night after night, and by day what burns for nothing. */
export function lampPower() {
  const perLamp = `SELECT mean("power") AS "power" FROM "streetlight" WHERE ${here} GROUP BY time($__interval), "asset", "district" fill(none)`;
  return (
    new timeseries.PanelBuilder()
      .id(21)
      .title('Power of the lamps')
      .description(
        'Sum over the lamps of each district. Nights stand out; power by day is lamps that burn for nothing.',
      )
      .datasource(datasource)
      .span(12)
      .height(9)
      // Two reports of a lamp fit in: in a shorter step the sum would miss those that have none.
      .interval('30m')
      .withTarget(
        series(
          `SELECT sum("power") FROM (${perLamp}) WHERE $timeFilter GROUP BY time($__interval), "district" fill(none)`,
          '$tag_district',
        ),
      )
      .unit(Watt)
      .min(0)
      .fillOpacity(20)
      .legend(legend())
      .tooltip(tooltip())
  );
}

/** The work list: lamps that ought to burn and do not. */
export function darkLamps() {
  const newest = `SELECT last("commanded_level") AS "commanded_level", last("power") AS "power", last("voltage") AS "voltage" FROM "streetlight" WHERE ${here} GROUP BY "asset", "district", "zone"`;
  return new tables.PanelBuilder()
    .id(22)
    .title('Dark lamps')
    .description(`Lamps that were told to burn and take less than ${dark} W, by their last values.`)
    .datasource(datasource)
    .span(12)
    .height(9)
    .withTarget(
      table(
        `SELECT "commanded_level", "power", "voltage" FROM (${newest}) WHERE "commanded_level" > 0 AND "power" < ${dark} GROUP BY "asset", "district", "zone"`,
      ),
    )
    .unit(Watt)
    .noValue('None')
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        renameByName: {
          asset: 'Lamp',
          district: 'District',
          zone: 'Zone',
          commanded_level: 'Told',
          power: 'Power',
          voltage: 'Voltage',
        },
      },
    })
    .overrideByName('Told', [{ id: 'unit', value: Percent }])
    .overrideByName('Voltage', [{ id: 'unit', value: Volt }]);
}
