export type ApiAccessErrorCode =
  'access_request.bad_input' | 'access_request.not_found' | 'access_request.decided' | 'access_request.too_many';
