package io.holdfast.testkit;

/** {@link MembershipContract} and {@link StateStoreContract} for an implementation of both. */
public abstract class CoordinationContract extends CoordinationFixture
    implements LeaseRules,
        ElectionRules,
        MembershipNewsRules,
        MembershipFaultRules,
        RecordRules,
        EpochGuardRules,
        ConcurrentWriteRules,
        ChangeFeedRules,
        StoreFaultRules {}
