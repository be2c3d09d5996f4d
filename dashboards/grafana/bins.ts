import {
  FrameGeometrySourceBuilder,
  FrameGeometrySourceMode,
  MapLayerOptionsBuilder,
  TableSortByFieldStateBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { FieldColorBuilder, FieldColorModeId } from '@grafana/grafana-foundation-sdk/dashboard';
import * as geomap from '@grafana/grafana-foundation-sdk/geomap';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as tables from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import { Celsius, Percent, Short } from '@grafana/grafana-foundation-sdk/units';
import { datasource, here, series, table } from './influxql.ts';
import { colours, legend, newest, tooltip } from './style.ts';

/** Percent at which rules/ puts a bin on the collection list, and at which it overflows. */
const due = 85;
const full = 100;

const fillColours = () => colours('green', [60, 'yellow'], [due, 'orange'], [full, 'red']);

/** Two numbers: how many bins the next round must take, and how many it comes too late for. */
export function binCounts() {
  const newestFill = `SELECT last("fill_level") AS "fill_level" FROM "bin" WHERE ${here} GROUP BY "asset"`;
  const count = (condition: string) =>
    `SELECT count("fill_level") FROM (${newestFill}) WHERE ${condition}`;
  return new stat.PanelBuilder()
    .id(11)
    .title('Bins to collect')
    .description(
      'Bins by their last level in the time range: due over 85 %, overflowing from 100 %.',
    )
    .datasource(datasource)
    .span(5)
    .height(9)
    .withTarget(series(count(`"fill_level" > ${due} AND "fill_level" < ${full}`), 'Due', 'A'))
    .withTarget(series(count(`"fill_level" >= ${full}`), 'Overflowing', 'B'))
    .unit(Short)
    .noValue('0')
    .reduceOptions(newest())
    .thresholds(colours('green', [1, 'orange']));
}

/** All bins as rows, the fullest on top. */
export function binTable() {
  return new tables.PanelBuilder()
    .id(12)
    .title('Bins by fill')
    .description('Every bin with its last values in the time range, the fullest first.')
    .datasource(datasource)
    .span(19)
    .height(9)
    .withTarget(
      table(
        `SELECT last("fill_level") AS "fill_level", last("temperature") AS "temperature", last("battery") AS "battery" FROM "bin" WHERE ${here} GROUP BY "asset", "district", "zone"`,
      ),
    )
    .unit(Percent)
    .thresholds(fillColours())
    .withTransformation({
      id: 'organize',
      options: {
        // With several last() the time is only the beginning of the range.
        excludeByName: { Time: true },
        renameByName: {
          asset: 'Bin',
          district: 'District',
          zone: 'Zone',
          fill_level: 'Fill',
          temperature: 'Temperature',
          battery: 'Battery',
        },
      },
    })
    .sortBy([new TableSortByFieldStateBuilder().displayName('Fill').desc(true)])
    .overrideByName('Fill', [
      { id: 'custom.cellOptions', value: { type: 'gauge', mode: 'basic' } },
      { id: 'min', value: 0 },
      { id: 'max', value: full },
    ])
    .overrideByName('Temperature', [{ id: 'unit', value: Celsius }]);
}

/** All bins at their place. */
export function binMap() {
  return new geomap.PanelBuilder()
    .id(13)
    .title('Where the bins are')
    .description('Bins at their place, coloured by their last level in the time range.')
    .datasource(datasource)
    .span(12)
    .height(11)
    .withTarget(
      // One selector with plain fields beside it: level and place of one and the same point.
      table(
        `SELECT last("fill_level") AS "fill_level", "lat", "lon" FROM "bin" WHERE ${here} GROUP BY "asset"`,
      ),
    )
    .unit(Percent)
    .thresholds(fillColours())
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .view(new geomap.MapViewConfigBuilder().id(geomap.MapCenterID.Fit).allLayers(true).maxZoom(15))
    .controls(new geomap.ControlsOptionsBuilder().showZoom(true).showAttribution(true))
    .basemap(new MapLayerOptionsBuilder().type('default').name('Base map'))
    .tooltip(new geomap.TooltipOptionsBuilder().mode(geomap.TooltipMode.Details))
    .layers([
      new MapLayerOptionsBuilder()
        .type('markers')
        .name('Bins')
        .tooltip(true)
        .location(
          new FrameGeometrySourceBuilder()
            .mode(FrameGeometrySourceMode.Coords)
            .latitude('lat')
            .longitude('lon'),
        )
        .config({
          style: {
            color: { field: 'fill_level', fixed: 'green' },
            size: { fixed: 6, min: 6, max: 6 },
            symbol: { fixed: 'img/icons/marker/circle.svg', mode: 'fixed' },
            opacity: 0.9,
          },
        }),
    ]);
}

/** One line a district, so that a round shows as a fall. */
export function binFill() {
  return (
    new timeseries.PanelBuilder()
      .id(14)
      .title('Fill over time')
      .description('Mean level of the bins of each district.')
      .datasource(datasource)
      .span(12)
      .height(11)
      .interval('30m')
      .withTarget(
        series(
          `SELECT mean("fill_level") FROM "bin" WHERE ${here} GROUP BY time($__interval), "district" fill(none)`,
          '$tag_district',
        ),
      )
      .unit(Percent)
      .min(0)
      // Bins report every few hours: join their points, but not over a day of silence.
      .spanNulls(86_400_000)
      .legend(legend())
      .tooltip(tooltip())
  );
}
