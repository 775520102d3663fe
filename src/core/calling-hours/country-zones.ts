/**
 * The zones of what international numbers begin with (ITU-T E.164 assignments; zones of IANA's database), brought down to
 * one zone of each kind of clock. Below a country stands what its area codes say for sure, where it has several zones.
 * Mobile and other numbers without a place have all the zones of their country.
 */
export const COUNTRY_ZONES = `
  Africa/Cairo = 20
  Africa/Casablanca = 212
  Africa/Abidjan = 220 221 222 223 224 225 226 228 231 232 233 239 245 247 290 354
  Africa/Lagos = 213 216 227 229 234 235 236 237 240 241 242 244
  Africa/Maputo = 27 211 218 249 250 257 258 260 263 264 265 266 267 268
  Africa/Nairobi = 251 252 253 254 255 256 261 269 291 962 963 964 965 966 967 973 974
  Africa/Lagos Africa/Maputo = 243
  Africa/Nairobi Asia/Dubai = 262
  Atlantic/Cape_Verde = 238
  Asia/Dubai = 230 248 374 968 971 994 995

  Europe/London = 44 298 353
  Europe/London Atlantic/Azores = 351
  Europe/London = 3512
  Atlantic/Azores = 351292 351295 351296
  Europe/Paris = 31 32 33 36 39 41 43 45 46 47 48 49 350 352 355 356 376 377 378 381 382 383 385 386 387 389 420 421 423
  Europe/Paris Atlantic/Canary = 34
  Europe/Paris = 348 349
  Atlantic/Canary = 34822 34828 34922 34928
  Europe/Athens = 30 40 357 358 359 370 371 372 380
  Europe/Chisinau = 373
  Europe/Moscow = 90 375

  Europe/Kaliningrad Europe/Moscow Europe/Samara Asia/Yekaterinburg Asia/Omsk Asia/Novosibirsk Asia/Irkutsk Asia/Yakutsk
    Asia/Vladivostok Asia/Magadan Asia/Kamchatka = 7
  Asia/Almaty = 76 77
  Europe/Kaliningrad = 7401
  Europe/Moscow = 7365 7471 7472 7473 7474 7475 7481 7482 7483 7484 7485 7486 7487 7491 7492 7493 7494 7495 7496 7498 7499
    7811 7812 7813 7814 7815 7816 7817 7818 7820 7821 7831 7833 7834 7835 7836 7841 7843 7844 7847 7855 7861 7862 7863 7865
    7866 7867 7869 7871 7872 7873 7877 7878 7879
  Europe/Samara = 7341 7842 7845 7846 7848 7851
  Asia/Yekaterinburg = 7342 7343 7345 7346 7347 7349 7351 7352 7353
  Asia/Omsk = 7381
  Asia/Novosibirsk = 7382 7383 7384 7385 7388 7390 7391 7394
  Asia/Irkutsk = 7301 7395
  Asia/Yakutsk = 7302 7416
  Asia/Yakutsk Asia/Vladivostok Asia/Magadan = 7411
  Asia/Vladivostok = 7421 7423 7426
  Asia/Magadan = 7413 7424
  Asia/Kamchatka = 7415 7427

  Asia/Beirut = 961
  Asia/Jerusalem = 972
  Asia/Gaza Asia/Hebron = 970
  Asia/Tehran = 98
  Asia/Kabul = 93
  Asia/Karachi = 92 960 992 993 998
  Asia/Kolkata = 91 94
  Asia/Kathmandu = 977
  Asia/Dhaka = 246 880 975 996
  Asia/Yangon = 95
  Asia/Bangkok = 66 84 855 856
  Asia/Bangkok Asia/Singapore = 976
  Asia/Bangkok Asia/Singapore Asia/Tokyo = 62
  Asia/Singapore = 60 63 65 86 673 852 853 886
  Asia/Tokyo = 81 82 670 680 850

  Australia/Sydney Australia/Lord_Howe Australia/Brisbane Australia/Adelaide Australia/Darwin Australia/Perth
    Australia/Eucla Indian/Christmas Indian/Cocos = 61
  Australia/Sydney Australia/Lord_Howe = 612
  Australia/Sydney = 613
  Australia/Sydney Australia/Brisbane = 617
  Australia/Adelaide Australia/Darwin Australia/Perth Australia/Eucla Indian/Christmas Indian/Cocos = 618
  Pacific/Auckland Pacific/Chatham = 64
  Pacific/Norfolk = 672
  Pacific/Guam Pacific/Guadalcanal = 675 691
  Pacific/Guadalcanal = 677 678 687
  Pacific/Fiji = 679
  Pacific/Tarawa = 674 681 688 692
  Pacific/Tongatapu = 676 685 690
  Pacific/Tarawa Pacific/Tongatapu Pacific/Kiritimati = 686
  Pacific/Honolulu = 682
  Pacific/Pago_Pago = 683
  Pacific/Honolulu Pacific/Marquesas Pacific/Gambier = 689

  America/Nuuk America/Scoresbysund America/Halifax Africa/Abidjan = 299
  America/Miquelon = 508
  America/Havana = 53
  America/Port-au-Prince = 509
  America/Panama = 51 57 507
  America/Panama America/Costa_Rica = 593
  America/Costa_Rica = 501 502 503 504 505 506
  America/Panama America/Chicago America/Costa_Rica America/Denver America/Phoenix America/Los_Angeles = 52
  America/Puerto_Rico = 58 297 590 591 592 596 599
  America/Sao_Paulo = 54 500 594 597 598
  America/Asuncion = 595
  America/Santiago America/Punta_Arenas Pacific/Easter = 56

  America/Noronha America/Sao_Paulo America/Manaus America/Rio_Branco = 55
  America/Sao_Paulo = 5511 5512 5513 5514 5515 5516 5517 5518 5519 5521 5522 5524 5527 5528 5531 5532 5533 5534 5535 5537
    5538 5541 5542 5543 5544 5545 5546 5547 5548 5549 5551 5553 5554 5555 5561 5562 5563 5564 5571 5573 5574 5575 5577 5579
    5582 5583 5584 5585 5586 5587 5588 5589 5591 5593 5594 5596 5598 5599
  America/Noronha America/Sao_Paulo = 5581
  America/Manaus = 5565 5566 5567 5569 5592 5595
  America/Manaus America/Rio_Branco = 5597
  America/Rio_Branco = 5568

  America/St_Johns America/Halifax America/Puerto_Rico America/New_York America/Panama America/Chicago America/Regina
    America/Denver America/Phoenix America/Los_Angeles America/Anchorage America/Adak Pacific/Honolulu = 1`;
