package io.holdfast.testkit;

/**
 * Every promise of {@link io.holdfast.api.spi.Membership}, theme by theme. To check an
 * implementation, extend this class and override {@link #connect}; the clients need no store. One
 * that is a {@link io.holdfast.api.spi.StateStore} as well extends {@link CoordinationContract}.
 */
public abstract class MembershipContract extends CoordinationFixture
    implements LeaseRules, ElectionRules, MembershipNewsRules, MembershipFaultRules {}
