import { BarChart, CustomChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { init, use, type EChartsCoreOption } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { Figure, Sample } from './figures.ts';
import type { KeptScenarios } from './kept.ts';

use([BarChart, CustomChart, LineChart, ScatterChart]);
use([GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

/** A plot as SVG text. */
export interface Plot {
  readonly name: string;
  readonly title: string;
  readonly svg: string;
}

/** The plots that the figures allow. */
export function plotsOf(kept: KeptScenarios): Plot[] {
  return [throughput(kept), latency(kept), soak(kept)].filter((plot) => plot !== undefined);
}

/** Siaga, which stores everything, beside mosquitto, which stores nothing. */
function throughput(kept: KeptScenarios): Plot | undefined {
  const names = (['qos1-window1', 'qos1-window20', 'qos0'] as const).filter((name) => kept[name]);
  if (names.length === 0) return undefined;
  const of = (ending: RegExp) =>
    names.map(
      (name) => kept[name]!.figures.find((figure) => ending.test(figure.name))?.median ?? 0,
    );
  const bars = (name: string, data: readonly number[]) => ({ type: 'bar', name, data });
  return draw('throughput', 'Closed loop, messages a second', {
    legend: { bottom: 0 },
    xAxis: { type: 'category', data: names },
    yAxis: { type: 'value', name: 'msg/s' },
    series: [
      bars('Siaga: decoded, judged and stored', of(/, stored$/)),
      bars('Siaga: acknowledged, on disk', of(/: acknowledged$/)),
      bars('mosquitto, storing nothing', of(/: mosquitto, storing nothing$/)),
    ],
  });
}

/** 99th percentiles beside their gates. */
function latency(kept: KeptScenarios): Plot | undefined {
  const found = kept.latency?.figures.filter(({ unit }) => unit === 'ms').reverse();
  if (found === undefined || found.length === 0) return undefined;
  const short = ({ name }: Figure): string => name.replace('latency: p99 at ', '');
  return draw('latency', 'Due to durable PUBACK, 99th percentile', {
    legend: { bottom: 0 },
    grid: { left: 20, right: 40, top: 50, bottom: 40, containLabel: true },
    xAxis: { type: 'value', name: 'ms' },
    yAxis: {
      type: 'category',
      data: found.map(short),
      axisLabel: { width: 260, overflow: 'break' },
    },
    series: [
      { type: 'bar', name: 'median of the rounds', data: found.map(({ median }) => median) },
      {
        type: 'scatter',
        name: 'gate',
        symbol: 'rect',
        symbolSize: [3, 26],
        data: found.map(({ gate }, at) => [gate, at]),
      },
    ],
  });
}

/** Memory over the length of the soak. */
function soak(kept: KeptScenarios): Plot | undefined {
  const samples = kept.soak?.samples;
  if (samples === undefined || samples.length === 0) return undefined;
  const line = (name: string, of: (sample: Sample) => number) => ({
    type: 'line',
    name,
    showSymbol: false,
    data: samples.map((sample) => [sample.minute, of(sample)]),
  });
  return draw('soak', 'Memory at 5,000 msg/s', {
    legend: { bottom: 0 },
    xAxis: { type: 'value', name: 'min', max: Math.ceil(samples.at(-1)!.minute) },
    yAxis: { type: 'value', name: 'MB', min: 0 },
    series: [
      line('resident', ({ rss }) => rss),
      ...Object.keys(samples[0]!.heaps).map((thread) =>
        line(`heap, ${thread}`, ({ heaps }) => heaps[thread]!),
      ),
    ],
  });
}

function draw(name: string, title: string, option: EChartsCoreOption): Plot {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: 760, height: 380 });
  chart.setOption({
    animation: false,
    backgroundColor: '#fff',
    title: { text: title, left: 'center', textStyle: { fontSize: 14 } },
    grid: { left: 70, right: 40, top: 50, bottom: 60 },
    ...option,
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return { name, title, svg };
}
