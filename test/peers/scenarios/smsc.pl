# A carrier of texts by Net::SMPP: says in a line what it gets, answers, and sends a receipt for each text it took.
# After the second text it sends two of its own. It ends after unbind.
use strict;
use warnings;
use Net::SMPP;

$| = 1;
my $server = Net::SMPP->new_listen('127.0.0.1', port => 0, smpp_version => 0x34) or die "listen: $!";
print 'listening ', $server->sockport, "\n";
my $smpp = $server->accept or die "accept: $!";

my $taken = 0;
my %of_us = (async => 1, source_addr_ton => 1, source_addr_npi => 1, dest_addr_ton => 1, dest_addr_npi => 1);

while (my $pdu = $smpp->read_pdu) {
  my $what = $pdu->explain_cmd;
  if ($what eq 'bind_transceiver') {
    print "bind $pdu->{system_id} $pdu->{password} $pdu->{system_type} version $pdu->{interface_version}\n";
    $smpp->bind_transceiver_resp(seq => $pdu->seq, system_id => 'PERL', sc_interface_version => pack('C', 0x34));
    $smpp->enquire_link(async => 1);
  } elsif ($what eq 'submit_sm') {
    my @sar = map { defined $pdu->{$_} ? unpack('H*', $pdu->{$_}) : '-' }
      qw(sar_msg_ref_num sar_total_segments sar_segment_seqnum message_payload);
    print "submit $pdu->{source_addr_ton}/$pdu->{source_addr_npi} $pdu->{source_addr}",
      " $pdu->{dest_addr_ton}/$pdu->{dest_addr_npi} $pdu->{destination_addr}",
      " class $pdu->{esm_class} receipt $pdu->{registered_delivery} coding $pdu->{data_coding}",
      " valid $pdu->{validity_period} octets ", unpack('H*', $pdu->{short_message}), " @sar\n";
    $taken += 1;
    my $id = 0xa0 + $taken;
    $smpp->submit_sm_resp(seq => $pdu->seq, message_id => sprintf('%x', $id));
    my @way = (source_addr => $pdu->{destination_addr}, destination_addr => $pdu->{source_addr});
    my $text = "id:$id sub:001 dlvrd:001 submit date:2603021500 done date:2603021501 stat:DELIVRD err:000 text:";
    $smpp->deliver_sm(%of_us, @way, esm_class => 4, short_message => $text);
    if ($taken == 2) {
      $smpp->deliver_sm(%of_us, @way, esm_class => 0x40, short_message => pack('H*', '0500035f0201') . 'STOP');
      $smpp->deliver_sm(%of_us, @way, data_coding => 8, short_message => '', message_payload => pack('H*', '0119'));
    }
  } elsif ($what eq 'deliver_sm_resp') {
    printf "delivered %d\n", $pdu->status;
  } elsif ($what eq 'enquire_link_resp') {
    print "there\n";
  } elsif ($what eq 'enquire_link') {
    $smpp->enquire_link_resp(seq => $pdu->seq);
  } elsif ($what eq 'unbind') {
    $smpp->unbind_resp(seq => $pdu->seq);
    print "unbound\n";
    exit 0;
  } else {
    print "what is $what\n";
  }
}
die "the connection ended without unbind\n";
