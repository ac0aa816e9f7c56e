package io.holdfast.testkit;

/**
 * Every promise of {@link io.holdfast.api.spi.StateStore}, theme by theme. To check an
 * implementation, extend this class and override {@link #connect}. A store checks the epochs of
 * some {@link io.holdfast.api.spi.Membership}: the clients bring that one, of which these tests use
 * the elections only. An implementation of both extends {@link CoordinationContract}.
 */
public abstract class StateStoreContract extends CoordinationFixture
    implements RecordRules,
        EpochGuardRules,
        ConcurrentWriteRules,
        ChangeFeedRules,
        StoreFaultRules {}
