/** Trouble that operators hear of (rule 33): once when it begins, and once when it is over. */
export { noticeEndpointOff, noticeEndpointOn } from '#core/trouble/notice-endpoint.js';
export { noticeTrouble, noticeTroubleOver } from '#core/trouble/notice-trouble.js';
export { TROUBLE_KINDS, type Trouble, type TroubleKind } from '#core/trouble/trouble.js';
