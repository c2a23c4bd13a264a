/** A text with what a careful reader finds in it. */
export interface LabelledText {
  readonly language: string;
  readonly text: string;
  /** `Name/type`. */
  readonly entities: readonly string[];
  /** `From TYPE To`. */
  readonly relationships: readonly string[];
}

/** Written for this evaluation, in the manner of news, encyclopedias and technical prose. Names partly invented. */
export const LABELLED_TEXTS: readonly LabelledText[] = [
  {
    language: 'en',
    text: 'Elena Marchetti was born in Palermo in 1961. She studied chemistry at the University of Bologna and joined Novartis in 1988. In 2003 Marchetti founded Helix Dynamics, a biotechnology company based in Basel.',
    entities: [
      'Elena Marchetti/person',
      'Palermo/location',
      'University of Bologna/organization',
      'Novartis/organization',
      'Helix Dynamics/organization',
      'Basel/location',
    ],
    relationships: [
      'Elena Marchetti BORN_IN Palermo',
      'Elena Marchetti FOUNDED Helix Dynamics',
      'Helix Dynamics LOCATED_IN Basel',
    ],
  },
  {
    language: 'en',
    text: 'Shares of Northwind Logistics fell on Thursday after the company said it had lost a contract with Airbus. Chief executive Paul Okafor told Reuters that talks with Boeing were continuing in Seattle.',
    entities: [
      'Northwind Logistics/organization',
      'Airbus/organization',
      'Paul Okafor/person',
      'Reuters/organization',
      'Boeing/organization',
      'Seattle/location',
    ],
    relationships: [],
  },
  {
    language: 'en',
    text: 'The World Health Organization (WHO) warned that cholera was spreading in northern Mozambique. WHO teams arrived in Maputo on 4 March 2024 and met with the Ministry of Health.',
    entities: [
      'World Health Organization/organization',
      'Mozambique/location',
      'Maputo/location',
      'Ministry of Health/organization',
    ],
    relationships: [],
  },
  {
    language: 'en',
    text: 'Apache Kafka was developed by LinkedIn and later donated to the Apache Software Foundation. Many companies use it together with PostgreSQL and Kubernetes.',
    entities: [
      'Apache Kafka/product',
      'LinkedIn/organization',
      'Apache Software Foundation/organization',
      'PostgreSQL/product',
      'Kubernetes/product',
    ],
    relationships: ['LinkedIn CREATED Apache Kafka'],
  },
  {
    language: 'en',
    text: 'Microsoft acquired GitHub in 2018 for 7.5 billion dollars. Satya Nadella, chief executive of Microsoft, announced the deal in San Francisco.',
    entities: ['Microsoft/organization', 'GitHub/organization', 'Satya Nadella/person', 'San Francisco/location'],
    relationships: ['Microsoft ACQUIRED GitHub', 'Satya Nadella LEADS Microsoft'],
  },
  {
    language: 'en',
    text: 'The Battle of Waterloo ended the rule of Napoleon. The Duke of Wellington led the allied army, and Prussian troops under Marshal Blücher arrived in the evening.',
    entities: ['Battle of Waterloo/event', 'Napoleon/person', 'Duke of Wellington/person', 'Blücher/person'],
    relationships: [],
  },
  {
    language: 'en',
    text: 'Lake Titicaca lies between Peru and Bolivia. The largest city on its shore is Puno, and ferries cross to La Paz every morning.',
    entities: ['Lake Titicaca/location', 'Peru/location', 'Bolivia/location', 'Puno/location', 'La Paz/location'],
    relationships: [],
  },
  {
    language: 'en',
    text: 'Dr. Amara Nwosu, professor at the University of Lagos, and her husband Tunde Nwosu published the study in the Journal of Tropical Medicine. The work was funded by the Gates Foundation.',
    entities: [
      'Amara Nwosu/person',
      'University of Lagos/organization',
      'Tunde Nwosu/person',
      'Journal of Tropical Medicine/organization',
      'Gates Foundation/organization',
    ],
    relationships: ['Amara Nwosu WORKS_FOR University of Lagos'],
  },
  {
    language: 'en',
    text: 'Canberra is the capital of Australia. The Parliament of Australia meets there, although Sydney and Melbourne are larger.',
    entities: [
      'Canberra/location',
      'Australia/location',
      'Parliament of Australia/organization',
      'Sydney/location',
      'Melbourne/location',
    ],
    relationships: ['Canberra CAPITAL_OF Australia'],
  },
  {
    language: 'en',
    text: 'Last summer the orchestra toured Japan. Conductor Miguel Santos praised the audiences in Osaka and Kyoto, while violinist Hana Sato received the Suntory Music Award.',
    entities: [
      'Japan/location',
      'Miguel Santos/person',
      'Osaka/location',
      'Kyoto/location',
      'Hana Sato/person',
      'Suntory Music Award/concept',
    ],
    relationships: [],
  },
  {
    language: 'en',
    text: 'Siemens Energy, headquartered in Munich, partnered with Air Liquide to build electrolysers. Production began in Berlin in November 2023.',
    entities: ['Siemens Energy/organization', 'Munich/location', 'Air Liquide/organization', 'Berlin/location'],
    relationships: ['Siemens Energy LOCATED_IN Munich', 'Siemens Energy PARTNERS_WITH Air Liquide'],
  },
  {
    language: 'en',
    text: 'Routing in the overlay follows the shortest path that the link state database knows. When a link fails, the node floods an update and every peer computes new paths.',
    entities: [],
    relationships: [],
  },
  {
    language: 'en',
    text: 'Instagram was founded by Kevin Systrom and Mike Krieger in 2010. Two years later it was bought by Facebook.',
    entities: ['Instagram/organization', 'Kevin Systrom/person', 'Mike Krieger/person', 'Facebook/organization'],
    relationships: ['Kevin Systrom FOUNDED Instagram'],
  },
  {
    language: 'en',
    text: 'President Gabriel Boric met with Chancellor Olaf Scholz in Santiago. Boric said that Chile wanted closer ties with the European Union.',
    entities: [
      'Gabriel Boric/person',
      'Olaf Scholz/person',
      'Santiago/location',
      'Chile/location',
      'European Union/organization',
    ],
    relationships: ['Gabriel Boric MET_WITH Olaf Scholz'],
  },
  {
    language: 'en',
    text: 'The committee rejected the proposal on Monday. However, several members said that a revised draft could pass before Christmas if the Treasury agreed.',
    entities: ['Treasury/organization'],
    relationships: [],
  },
  {
    language: 'en',
    text: 'Hurricane Maria struck Puerto Rico on 20 September 2017. The Federal Emergency Management Agency sent supplies from Florida, and the Red Cross opened shelters.',
    entities: [
      'Hurricane Maria/event',
      'Puerto Rico/location',
      'Federal Emergency Management Agency/organization',
      'Florida/location',
      'Red Cross/organization',
    ],
    relationships: [],
  },
  {
    language: 'en',
    text: 'Ada Lovelace worked with Charles Babbage on the Analytical Engine. Her notes describe what many regard as the first computer program.',
    entities: ['Ada Lovelace/person', 'Charles Babbage/person', 'Analytical Engine/product'],
    relationships: [],
  },
  {
    language: 'en',
    text: 'Nokia sold its handset business to Microsoft, moved its headquarters to Espoo and bought Alcatel-Lucent. Rajeev Suri led Nokia until 2020.',
    entities: [
      'Nokia/organization',
      'Microsoft/organization',
      'Espoo/location',
      'Alcatel-Lucent/organization',
      'Rajeev Suri/person',
    ],
    relationships: ['Rajeev Suri LEADS Nokia'],
  },
  {
    language: 'de',
    text: 'Der Vorstand der Deutsche Bank AG traf sich am 12. März 2024 in Frankfurt. Angela Schneider sagte, dass die Gespräche mit der Europäischen Zentralbank in Österreich fortgesetzt werden.',
    entities: ['Deutsche Bank AG/organization', 'Frankfurt/location', 'Angela Schneider/person', 'Österreich/location'],
    relationships: [],
  },
  {
    language: 'fr',
    text: 'Le président Emmanuel Macron a rencontré les représentants de Renault à Paris le 14 juillet 2023. La société veut construire une usine en Espagne.',
    entities: ['Emmanuel Macron/person', 'Renault/organization', 'Paris/location', 'Espagne/location'],
    relationships: [],
  },
];
