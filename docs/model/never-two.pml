/*
 * Lease, watchdog and fencing of one workload on two hosts: it never runs twice. README.md tells what is
 * modelled and what is not; each #ifdef is a fault that "check" puts in, and that has to be found.
 *
 * No step has to happen, but those of time itself: the watchdog's reset, and the end of late I/O. Every
 * other one may come at any later time, or never. So each process may be stopped (SIGSTOP) between any two
 * of its steps for as long as anybody likes, and each message may be late, or lost.
 *
 * Time goes in ticks, Q to a unit. A clock gains M-N or M+N parts in a tick, chosen anew each time, and
 * Q*M parts are a unit of it: over any time its rate is wrong by rho = N/M at most.
 */
#ifndef M
#define M 10
#define N 1
#define Q 3
#define F 1 /* validity, in units of the holder's clock */
#define P 1 /* the watchdog's period, in units of its own clock */
#define D 1 /* what was on its way when the host was reset lands so much later, in units of true time; 1 or more */
#endif
#define W (2 * P) /* the watchdog is armed with half of W: docs/safety.md */

/* H >= (1+rho)*[(F+W)/(1-rho)+D], rounded up, in the integers of LeaseTiming.leastTakeoverWait. */
#define OVER (((F + W) * M + D * (M - N)) * (M + N))
#define UNDER ((M - N) * M)
#ifdef SHORT
#define H ((OVER + UNDER - 1) / UNDER - 1)
#else
#define H ((OVER + UNDER - 1) / UNDER)
#endif

#define UNIT (Q * M)
#ifdef WHOLE_PERIOD
#define PERIOD (W * UNIT)
#else
#define PERIOD (P * UNIT)
#endif
#define OVERDUE (F * UNIT + 1) /* the age of a renewal that is worth nothing any more */
#define RIPE (H * UNIT)

mtype = { NONE, SENT, STORED }

typedef Host {
  bool up = true;
  bool owns;             /* its agent has the order to run the workload, for its present incarnation */
  bool watchdog;         /* it has one */
  bool armed;
  bool feeding;          /* its lease was valid when it looked, and it is about to feed */
  bool starting;         /* its lease was valid when it looked, and it is about to start the workload */
  bool guest;            /* the workload executes */
  bool io;               /* a write of a guest that has ended may still land */
  mtype renewal = NONE;  /* the one under way */
  short sent = OVERDUE;  /* since that one was sent, by the host's clock */
  short age = OVERDUE;   /* since the last acknowledged one was sent, by the host's clock */
  short left;            /* until the watchdog resets the host, by the watchdog's clock */
  short drain            /* until nothing of the former boot lands any more */
}
Host host[2];

/* What is stored. */
byte owner;
bool guarded;        /* the owner has said that its watchdog is armed */
bool changed = true; /* the owner's lease is not what the observer has read last */

/* The observer, who is the controller. */
bool news;           /* its read of the owner's lease has met a change, and has not ended yet */
short since;         /* since it saw the owner's lease change, by its own clock */
bool proven;         /* there is evidence: this incarnation of the owner runs nothing any more */
#ifdef FROM_BEGIN
bool reading;
short begin;         /* since the read began, by the observer's clock */
#endif
#ifdef EARLY_READ
bool early;          /* a read that began before H was over has met no change, and has not ended yet */
#endif
#ifdef WITNESS
byte begun = 2;      /* where the workload was started last; 2: nowhere yet */
#endif

#define valid(h) (host[h].age < OVERDUE)
#define may_start(h) (host[h].owns && valid(h) && (host[h].armed || !host[h].watchdog))

inline reset(h) {
  if /* what is on its way: a write of the workload, a renewal */
  :: host[h].guest || (host[h].io && host[h].drain == 0) || (host[h].owns && host[h].renewal == SENT) ->
    host[h].drain = D * Q
  :: else
  fi;
  host[h].io = host[h].io || host[h].guest;
  if
  :: host[h].renewal == STORED -> host[h].renewal = NONE
  :: else
  fi;
  host[h].up = false;
#ifndef OLD_ORDER
  host[h].owns = false; /* what comes back is another incarnation, and the order is not for that */
#endif
  host[h].watchdog = false;
  host[h].armed = false;
  host[h].feeding = false;
  host[h].starting = false;
  host[h].guest = false;
  host[h].left = 0;
  host[h].age = OVERDUE;
  host[h].sent = OVERDUE
}

proctype Agent(bool h) {
  do
  /* Renews, one at a time: sent, stored, acknowledged; or the request or its answer is lost. */
  :: atomic { host[h].up && host[h].owns && host[h].renewal == NONE ->
      host[h].renewal = SENT; host[h].sent = 0 }
  :: atomic { host[h].renewal == SENT ->
      if
      :: host[h].owns -> host[h].renewal = STORED
      :: else -> host[h].renewal = NONE
      fi;
      if
      :: owner == h -> changed = true;
#ifndef EARLY_READ
        since = 0 /* means nothing before the change is seen: fewer states */
#endif
      :: else
      fi }
  :: atomic { host[h].up && host[h].owns && host[h].renewal == STORED ->
      host[h].age = host[h].sent; host[h].renewal = NONE; host[h].sent = OVERDUE }
  :: atomic { host[h].up && host[h].owns && host[h].renewal != NONE ->
      host[h].renewal = NONE; host[h].sent = OVERDUE }

  /* Arms and feeds the watchdog: it may be stopped between the look at its lease and the act. */
  :: atomic { host[h].watchdog && valid(h) && !host[h].feeding -> host[h].feeding = true }
  :: atomic { host[h].feeding ->
      host[h].feeding = false; host[h].armed = true; host[h].left = PERIOD;
      if /* says that it is guarded only if its lease is valid still: the look may have been long ago */
#ifdef LATE_ARMING
      :: owner == h -> guarded = true
#else
      :: owner == h && valid(h) -> guarded = true
#endif
      :: else
      fi }

  /* Starts what it has the order for, in the same two steps. A host without a watchdog does so, too. */
  :: atomic { may_start(h) && !host[h].guest && !host[h].starting ->
      host[h].starting = true }
  :: atomic { host[h].starting ->
      assert(!host[1 - h].guest && !host[1 - h].io); /* never two: no other copy executes, and none still writes */
#ifdef WITNESS
      assert(begun == 2 || begun == h);
      begun = h;
#endif
      host[h].starting = false; host[h].guest = true }

  /* The agent's process ends and the next one begins: guest and watchdog stay as they are, its lease is lost. */
  :: atomic { host[h].up && host[h].owns ->
      host[h].starting = false; host[h].age = OVERDUE; host[h].sent = OVERDUE }
  od
}

proctype Machine(bool h) {
  do
  :: atomic { host[h].guest -> host[h].guest = false; host[h].io = true } /* the guest crashes */
  :: atomic { host[h].up -> reset(h) }           /* its power is cut: by a fence device, however late, or by itself */
  :: atomic { !host[h].up -> host[h].up = true } /* it comes back, and its agent knows the order that it had */
  od
}

proctype Observer() {
  do
  /*
   * Reads the owner's lease. A read shows what is there at some moment between its begin and its end. Here
   * it begins in that moment: one that began earlier would be a proof less often. It ends at any time after.
   */
#ifdef FROM_BEGIN
  :: atomic { changed && !reading -> reading = true; begin = 0 }
  :: atomic { changed && reading && !news -> changed = false; news = true }
  :: atomic { news -> news = false; reading = false; since = begin; begin = 0 }
#else
  :: atomic { changed && !news -> changed = false; news = true }
  :: atomic { news -> news = false; since = 0 }
#endif
#ifdef EARLY_READ
  :: atomic { !changed && !news && !early -> early = true }
  :: atomic { early && since == RIPE && guarded && !proven -> early = false; proven = true }
#endif
#ifdef UNGUARDED
  :: atomic { !changed && !news && since == RIPE && !proven -> proven = true }
#else
  :: atomic { !changed && !news && since == RIPE && guarded && !proven -> proven = true }
#endif

  /* Asks the fence device. It may answer "refused" and "unknown" as well, and nothing follows from these. */
#ifndef WITNESS
#ifdef OFF_AT_ONCE
  :: atomic { !host[owner].up && !proven -> proven = true }
#else
  :: atomic { !host[owner].up && host[owner].drain == 0 && !proven -> proven = true }
#endif
#endif
#ifdef UNKNOWN_COUNTS
  :: atomic { !proven -> proven = true }
#endif

  /* Gives the workload to the other host: the next epoch, in one transaction with what follows from it. */
  :: atomic { proven && host[1 - owner].up ->
      owner = 1 - owner;
      proven = false; guarded = false; changed = true; news = false; since = 0;
      host[owner].owns = true;
      if
      :: host[owner].watchdog = true
      :: host[owner].watchdog = false
      fi }
  od
}

inline gain(parts) {
  if
  :: parts = M - N
  :: parts = M + N
  fi
}

inline pass(h) {
  if
  :: host[h].drain > 1 -> host[h].drain--
  :: host[h].drain == 1 ->
    host[h].drain = 0; host[h].io = false;
    if
    :: !(host[h].up && host[h].owns) -> host[h].renewal = NONE
    :: else
    fi
  :: else
  fi;
  if
  :: host[h].age < OVERDUE || host[h].sent < OVERDUE ->
    gain(parts);
    host[h].age = (host[h].age + parts < OVERDUE -> host[h].age + parts : OVERDUE);
    host[h].sent = (host[h].sent + parts < OVERDUE -> host[h].sent + parts : OVERDUE)
  :: else
  fi;
  if
  :: host[h].armed ->
    gain(parts);
    if
    :: host[h].left > parts -> host[h].left = host[h].left - parts
    :: host[h].left == parts -> reset(h)
    :: host[h].left == parts && host[h].feeding -> /* just in time */
      host[h].feeding = false; host[h].left = PERIOD
    :: host[h].left < parts -> /* in the course of this tick, and taken for its beginning */
      reset(h); host[h].drain = (host[h].drain > 0 -> host[h].drain - 1 : 0)
    fi
  :: else
  fi
}

proctype Time() {
  short parts;
  do
  :: atomic {
      pass(0);
      pass(1);
      if
      :: since < RIPE && !changed && !news ->
        gain(parts);
        since = (since + parts < RIPE -> since + parts : RIPE)
      :: else
      fi;
#ifdef FROM_BEGIN
      begin = (reading && begin + M < RIPE -> begin + M : begin);
#endif
      parts = 0 }
  od
}

init {
  atomic {
    host[0].owns = true;
    if
    :: host[0].watchdog = true
    :: host[0].watchdog = false
    fi;
    run Agent(0); run Agent(1);
    run Machine(0); run Machine(1);
    run Observer();
    run Time()
  }
}
