import Type, { type Static } from 'typebox';
import { attachmentLink, type Attachment, type AttachmentOwner } from '#core/attachments/index.js';

export const AttachmentObject = Type.Object({
  id: Type.String(),
  fileType: Type.String({ examples: ['image/jpeg'] }),
  file_type: Type.String(),
  link: Type.String({ description: 'Needs no key, for a day; ask again for another.' }),
});

/** What a link is made with: what every handler is given. */
export interface Presenting {
  core: Parameters<typeof attachmentLink>[0];
  auth: AttachmentOwner;
}

export function presentAttachment(
  { core, auth }: Presenting,
  file: Pick<Attachment, 'id' | 'mediaType'>,
): Static<typeof AttachmentObject> {
  const { id, mediaType } = file;
  return { id, fileType: mediaType, file_type: mediaType, link: attachmentLink(core, auth, file) };
}
