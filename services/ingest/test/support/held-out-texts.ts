import type { LabelledText } from './labelled-texts.ts';

/** Texts that the extractor was never tuned on: change the extractor because of `LABELLED_TEXTS`, never because of these. */
export const HELD_OUT_TEXTS: readonly LabelledText[] = [
  {
    language: 'en',
    text: 'Ingrid Halvorsen became director of the Norwegian Polar Institute in 2015. Before that she worked for Statoil in Stavanger and taught geology at the University of Oslo.',
    entities: [
      'Ingrid Halvorsen/person',
      'Norwegian Polar Institute/organization',
      'Statoil/organization',
      'Stavanger/location',
      'University of Oslo/organization',
    ],
    relationships: ['Ingrid Halvorsen LEADS Norwegian Polar Institute'],
  },
  {
    language: 'en',
    text: 'Toyota said on 8 May 2025 that it would build a battery plant in Kentucky together with Panasonic. The carmaker employs 30,000 people in the United States.',
    entities: ['Toyota/organization', 'Kentucky/location', 'Panasonic/organization', 'United States/location'],
    relationships: [],
  },
  {
    language: 'en',
    text: 'The novel was written by Tobias Lindqvist, who lives in Gothenburg. A film version, directed by Sofia Bergman, opened the Stockholm Film Festival.',
    entities: [
      'Tobias Lindqvist/person',
      'Gothenburg/location',
      'Sofia Bergman/person',
      'Stockholm Film Festival/event',
    ],
    relationships: ['Tobias Lindqvist LIVES_IN Gothenburg'],
  },
  {
    language: 'en',
    text: 'Mount Kenya is the second highest mountain in Africa. Climbers usually start from Nanyuki and spend two nights at Shipton Camp.',
    entities: ['Mount Kenya/location', 'Africa/location', 'Nanyuki/location', 'Shipton Camp/location'],
    relationships: [],
  },
  {
    language: 'en',
    text: 'Grafana Labs released Loki 3.0 on Tuesday. The log database stores its index in object storage and competes with Elasticsearch.',
    entities: ['Grafana Labs/organization', 'Loki 3.0/product', 'Elasticsearch/product'],
    relationships: ['Grafana Labs CREATED Loki 3.0'],
  },
  {
    language: 'en',
    text: 'Senator Rebecca Torres asked the Department of Energy for a report. Torres, a Democrat from Nevada, had visited Yucca Mountain in June.',
    entities: [
      'Rebecca Torres/person',
      'Department of Energy/organization',
      'Nevada/location',
      'Yucca Mountain/location',
    ],
    relationships: [],
  },
  {
    language: 'es',
    text: 'La presidenta Claudia Romero visitó ayer la ciudad de Valencia. Según el diario El País, se reunió con empresarios de Alemania y de Francia.',
    entities: [
      'Claudia Romero/person',
      'Valencia/location',
      'El País/organization',
      'Alemania/location',
      'Francia/location',
    ],
    relationships: [],
  },
  {
    language: 'en',
    text: 'Vodafone bought the cable operator Unitymedia for 18 billion euros. The European Commission approved the takeover after regulators in Bonn had raised objections.',
    entities: ['Vodafone/organization', 'Unitymedia/organization', 'European Commission/organization', 'Bonn/location'],
    relationships: ['Vodafone ACQUIRED Unitymedia'],
  },
];
