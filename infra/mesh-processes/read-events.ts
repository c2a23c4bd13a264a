/** One event of a stream of Server-Sent Events. */
interface ReadEvent {
  readonly id: string;
  readonly data: string;
}

/** The events of a stream that carry data (WHATWG HTML, section 9.2), as long as it lasts. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ReadEvent> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const event = text.slice(0, end);
      text = text.slice(end + 2);
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (data !== undefined) yield { id: /^id: (.*)$/m.exec(event)?.[1] ?? '', data };
    }
  }
}
