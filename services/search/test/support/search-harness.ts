import { createClient } from '@peermesh/contracts/client';
import { newEventId } from '@peermesh/contracts';
import { Extracted } from '@peermesh/contracts/events';
