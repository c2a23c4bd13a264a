export { type SampleSize, sampleOf } from './sample-of.ts';
export { sampleOfPattern } from './sample-of-pattern.ts';
export { type RouteSample, samplesOfRoute } from './sample-of-route.ts';
